//! A power cut: what was not flushed may be gone, in any part.
//!
//! `strace` writes down every write and every flush of the store with its time. From that, the disk
//! is put together as it may have looked at any instant: what was flushed is there; of what was
//! written since, some is, some is not, and some is torn. Every image has to open as it is and hold
//! all that had been acknowledged by then.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use hook64::filter::Filter;
use hook64::store::{Location, Options, Order, Store};
use jiff::Timestamp;

use super::flush::{can_tamper, stopped, traced};
use crate::rig::Home;
use crate::rig::http::{Connection, post_bytes};

const POSTERS: usize = 6;
const DELIVERIES: usize = 90;
const IMAGES: usize = 40;
const SECTOR: usize = 512;

/// Seconds since 1970.
type Time = f64;

/// What was done to a file.
enum Step {
    Write { offset: usize, bytes: Vec<u8> },
    Cut(usize),
}

/// All that was done to a file: steps, and flushes with their beginning and end.
#[derive(Default)]
struct Course {
    steps: Vec<(Time, Step)>,
    flushes: Vec<(Time, Time)>,
}

impl Course {
    /// What may be on the disk if the power goes at this instant.
    fn image(&self, at: Time, random: &mut fastrand::Rng) -> Vec<u8> {
        let ended = self.flushes.iter().filter(|(_, end)| *end < at);
        let flushed = ended.map(|(start, _)| *start).fold(0.0, Time::max);
        let mut image = Vec::new();
        for (_, step) in self.steps.iter().take_while(|(time, _)| *time < flushed) {
            step.apply(&mut image, usize::MAX);
        }
        let later = self.steps.iter().skip_while(|(time, _)| *time < flushed);
        for (_, step) in later.take_while(|(time, _)| *time < at) {
            match random.u8(..3) {
                0 => {}
                1 => step.apply(&mut image, usize::MAX),
                _ => step.apply(&mut image, random.usize(..32) * SECTOR),
            }
        }
        image
    }
}

impl Step {
    fn apply(&self, image: &mut Vec<u8>, most: usize) {
        match self {
            Self::Write { offset, bytes } => {
                let bytes = &bytes[..bytes.len().min(most)];
                let end = offset + bytes.len();
                if image.len() < end {
                    image.resize(end, 0);
                }
                image[*offset..end].copy_from_slice(bytes);
            }
            Self::Cut(length) => image.resize(*length, 0),
        }
    }
}

/// Reads what strace wrote: `PID TIME call(FD<PATH>, …) = RESULT <DURATION>`, text in `\xNN`.
fn courses(trace: &str) -> BTreeMap<String, Course> {
    let mut courses = BTreeMap::<String, Course>::new();
    let mut flushing = BTreeMap::new();
    for line in trace.lines() {
        let (pid, rest) = line.split_once(' ').unwrap();
        let (time, call) = rest.trim_start().split_once(' ').unwrap();
        let time: Time = time.parse().unwrap();
        if call.contains("resumed>") {
            if let Some((name, start)) = flushing.remove(pid) {
                let course: &mut Course = courses.entry(name).or_default();
                course.flushes.push((start, time));
            }
            continue;
        }
        let Some((name, arguments)) = call.split_once('(') else {
            continue;
        };
        let Some((path, arguments)) = arguments
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
        else {
            continue;
        };
        let file = String::from_utf8(bytes(path)).unwrap();
        let mut arguments = arguments.trim_start_matches(", ").split(", ");
        let number = |text: &str| -> usize {
            let digits = text.split(|other: char| !other.is_ascii_digit()).next();
            digits.unwrap().parse().unwrap()
        };
        let course = courses.entry(file.clone()).or_default();
        match name {
            "pwrite64" => {
                let bytes = bytes(arguments.next().unwrap().trim_matches('"'));
                assert_eq!(bytes.len(), number(arguments.next().unwrap()));
                let offset = number(arguments.next().unwrap());
                course.steps.push((time, Step::Write { offset, bytes }));
            }
            "ftruncate" => {
                let length = number(arguments.next().unwrap());
                course.steps.push((time, Step::Cut(length)));
            }
            _ if call.contains("<unfinished") => {
                flushing.insert(pid, (file, time));
            }
            _ => {
                let took = call.rsplit_once('<').unwrap().1.trim_end_matches('>');
                // `<unavailable>`: the program was gone before it ended.
                if let Ok(took) = took.parse::<Time>() {
                    course.flushes.push((time, time + took));
                }
            }
        }
    }
    courses
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.split("\\x").skip(1);
    digits
        .map(|two| u8::from_str_radix(two, 16).unwrap())
        .collect()
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs_f64()
}

fn body(number: usize) -> Vec<u8> {
    format!("{number} {}", "x".repeat(number * 97 % 9_000)).into_bytes()
}

/// Posts from several connections; when each was acknowledged.
fn post_all(address: &str) -> BTreeMap<usize, Time> {
    let next = Arc::new(AtomicUsize::new(0));
    let acknowledged = Arc::new(Mutex::new(BTreeMap::new()));
    let posters: Vec<_> = (0..POSTERS)
        .map(|_| {
            let (next, acknowledged) = (Arc::clone(&next), Arc::clone(&acknowledged));
            let mut connection = Connection::open(address);
            thread::spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= DELIVERIES {
                        return;
                    }
                    connection.send(&post_bytes(&format!("/{number}"), &[], &body(number)));
                    assert_eq!(connection.answer().unwrap().unwrap().status, 200);
                    acknowledged.lock().unwrap().insert(number, now());
                }
            })
        })
        .collect();
    posters
        .into_iter()
        .for_each(|poster| poster.join().unwrap());
    let acknowledged = acknowledged.lock().unwrap();
    acknowledged.clone()
}

/// Every delivery of a store by its path, each read whole and proved by its hash.
fn stored(path: &Path) -> BTreeMap<usize, Vec<u8>> {
    let store = Store::open(&Location::File(path.to_owned()), Options::default()).unwrap();
    let mut found = BTreeMap::new();
    let keep = |delivery: hook64::delivery::Delivery| {
        let number = delivery.request().head.target()[1..].to_vec();
        let number = String::from_utf8(number).unwrap().parse().unwrap();
        found.insert(number, delivery.request().body.to_vec());
        ControlFlow::Continue(())
    };
    let all = Filter::all();
    store
        .each(&all, Order::OldestFirst, None, Timestamp::now(), keep)
        .unwrap();
    found
}

#[test]
fn whenever_the_power_is_cut_every_acknowledged_delivery_is_there_byte_for_byte() {
    if !can_tamper() {
        return;
    }
    let home = Home::new();
    let trace = home.path("trace");
    // A flush takes its time, so that an answer before its end would be seen.
    let options = format!(
        "-y -ttt -T -xx -s 20000 -o {} -e trace=pwrite64,ftruncate,fdatasync,fsync \
         -e inject=fdatasync:delay_enter=2000",
        trace.display()
    );
    let listener = traced(&home, &options);
    let acknowledged = post_all(&listener.address);
    let trace = stopped(listener, &trace);

    let courses = courses(&trace);
    let file = |suffix: &str| {
        let name = format!("{}{suffix}", home.store().display());
        courses.get(&name).unwrap_or_else(|| panic!("{name}"))
    };
    let (database, log) = (file(""), file("-wal"));
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let ends: Vec<Time> = acknowledged.values().copied().collect();
    let first = ends.iter().copied().fold(Time::MAX, Time::min);
    let last = database.steps.last().map_or(0.0, |(time, _)| *time);
    let mut flushed_parts = 0;
    for image in 0..IMAGES {
        // At any time, or just when somebody has been answered.
        let at = match image % 2 {
            0 => first + (last + 0.01 - first) * random.f64(),
            _ => ends[random.usize(..ends.len())] + 1e-6,
        };
        let place = home.path(&format!("image-{image}"));
        fs::create_dir(&place).unwrap();
        let path = place.join("hook64.db");
        fs::write(&path, database.image(at, &mut random)).unwrap();
        fs::write(place.join("hook64.db-wal"), log.image(at, &mut random)).unwrap();
        let stored = stored(&path);
        for (number, time) in &acknowledged {
            if *time < at {
                flushed_parts += 1;
                assert_eq!(
                    stored.get(number),
                    Some(&body(*number)),
                    "{number} in image {image}, seed {seed}"
                );
            }
        }
        for (number, kept) in &stored {
            assert_eq!(kept, &body(*number), "image {image}, seed {seed}");
        }
    }
    assert!(flushed_parts > IMAGES * 10, "{flushed_parts}");
}
