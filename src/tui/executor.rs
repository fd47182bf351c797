//! Carries effects out, away from the thread that draws, and sends back what came of them.

use std::future::Future;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;

use crate::delivery::{Arrival, Delivery, DeliveryId};
use crate::signature::digest::sha256;
use crate::text;

use super::clipboard::{self, Route};
use super::effect::{Effect, Input, Loaded};
use super::painter::Painter;
use super::world::{Control, Source, Trouble};
use super::{file, search, tree};

/// So many rows are handed over at once.
const SLICE: usize = 20_000;

/// A neighbour's body is kept for comparing up to this size.
const COMPARED: usize = 2 << 20;

/// Carries effects out.
#[derive(Clone)]
pub(super) struct Executor {
    pub(super) source: Arc<dyn Source>,
    pub(super) control: Option<Arc<dyn Control>>,
    pub(super) runtime: Handle,
    pub(super) inputs: Sender<Input>,
    pub(super) painter: Arc<Painter>,
    newest: Arc<Newest>,
}

/// The newest of each kind of job: an older one that has not begun, or can stop, does.
#[derive(Default)]
struct Newest {
    load: AtomicU64,
    search: AtomicU64,
    filter: AtomicU64,
}

impl Executor {
    pub(super) fn new(
        source: Arc<dyn Source>,
        control: Option<Arc<dyn Control>>,
        runtime: Handle,
        inputs: Sender<Input>,
        painter: Arc<Painter>,
    ) -> Self {
        Self {
            source,
            control,
            runtime,
            inputs,
            painter,
            newest: Arc::default(),
        }
    }

    /// Sets an effect going; what concerns the terminal is not for here and is ignored.
    pub(super) fn perform(&self, effect: Effect, url: &str) {
        match effect {
            Effect::Fetch { after, open } => self.fetch(after, open),
            Effect::Load { id, beside } => self.load(id, beside),
            Effect::Index { id, body } => self.work(move |_| {
                let (tree, error) = tree::Tree::read(&body);
                Some(Input::Indexed {
                    id,
                    tree: Arc::new(tree),
                    error,
                })
            }),
            Effect::Search {
                generation,
                body,
                needle,
            } => {
                self.newest.search.store(generation, Ordering::SeqCst);
                self.work(move |this| {
                    let is_newest = this.newest.search.load(Ordering::SeqCst) == generation;
                    is_newest.then(|| Input::Found {
                        generation,
                        hits: search::find(&body, &needle),
                    })
                });
            }
            Effect::Match {
                generation,
                filter,
                after,
            } => {
                self.newest.filter.store(generation, Ordering::SeqCst);
                self.work(move |this| this.matching(generation, &filter, after));
            }
            Effect::Copy { what, bytes } => self.work(move |this| Some(this.copy(what, bytes))),
            Effect::Save { path, what, bytes } => self.work(move |_| {
                let shown = text::line(path.as_os_str().as_encoded_bytes()).into_owned();
                let size = text::bytes(bytes.len() as u64);
                Some(match file::save(&path, &bytes) {
                    Ok(()) => Input::Done(format!("wrote {what}, {size}, to {shown}")),
                    Err(trouble) => Input::Failed(trouble),
                })
            }),
            Effect::Write { path, format, ids } => {
                let url = url.to_owned();
                self.work(move |this| {
                    Some(
                        match file::write(&*this.source, &path, format, &ids, &url) {
                            Ok((count, bytes)) => Input::Done(format!(
                                "wrote {count} as {}, {}, to {}",
                                format.name(),
                                text::bytes(bytes),
                                text::line(path.as_os_str().as_encoded_bytes())
                            )),
                            Err(trouble) => Input::Failed(trouble),
                        },
                    )
                });
            }
            Effect::Inspect { id, beside } => self.with_control(move |this, control| {
                Ok(this
                    .source
                    .delivery(id)?
                    .map(|delivery| control.inspect(&delivery, &this.bodies(&beside)))
                    .map(|insight| Input::Inspected(id, insight)))
            }),
            Effect::TryKey { .. } if self.control.is_none() => {
                self.send(Input::Failed(no_listener("try a key")));
            }
            Effect::TryKey { id, trial } => self.with_control(move |this, control| {
                let delivery = this.source.delivery(id)?.ok_or_else(gone)?;
                Ok(Some(Input::Tried(control.try_keys(&delivery, &trial))))
            }),
            other => self.steer(other),
        }
    }

    /// Does some work with whoever has the keys; nothing where there is nobody.
    fn with_control(
        &self,
        work: impl FnOnce(&Self, &dyn Control) -> Result<Option<Input>, Trouble> + Send + 'static,
    ) {
        let Some(control) = self.control.clone() else {
            return;
        };
        self.work(move |this| {
            work(this, &*control).unwrap_or_else(|trouble| Some(Input::Failed(trouble)))
        });
    }

    /// The bodies of these deliveries, as far as they are short.
    fn bodies(&self, of: &[DeliveryId]) -> Vec<bytes::Bytes> {
        of.iter()
            .filter_map(|id| self.source.delivery(*id).ok().flatten())
            .map(|delivery| delivery.request().body.clone())
            .filter(|body| body.len() <= COMPARED)
            .collect()
    }

    fn steer(&self, effect: Effect) {
        let Some(control) = self.control.clone() else {
            if let Some(answer) = without_listener(&effect) {
                self.send(answer);
            }
            return;
        };
        match effect {
            Effect::Arm(plan) => {
                let shown = text::line(plan.as_bytes()).into_owned();
                self.ask(control.arm(plan), format!("armed {shown}"));
            }
            Effect::Disarm => self.ask(control.disarm(), "disarmed: no rule is left".to_owned()),
            Effect::Release(id, how) => {
                self.ask(control.release(id, how), "answered".to_owned());
            }
            Effect::Sample => {
                let answer = control.sample();
                self.answer(async move {
                    match answer.await {
                        Ok(id) => Input::Sampled(id),
                        Err(trouble) => Input::Failed(trouble),
                    }
                });
            }
            Effect::Replay(replay) => {
                let answer = control.replay(replay);
                self.answer(async move { Input::Replayed(answer.await) });
            }
            Effect::Reach(target) => {
                let answer = control.reach(target.clone());
                self.answer(async move {
                    Input::Reached {
                        target,
                        reach: answer.await,
                    }
                });
            }
            Effect::Probe => {
                let answer = control.probe();
                self.answer(async move { Input::Probed(answer.await) });
            }
            _ => {}
        }
    }

    fn ask(
        &self,
        question: impl Future<Output = Result<(), Trouble>> + Send + 'static,
        done: String,
    ) {
        self.answer(async move {
            match question.await {
                Ok(()) => Input::Done(done),
                Err(trouble) => Input::Failed(trouble),
            }
        });
    }

    fn answer(&self, answer: impl Future<Output = Input> + Send + 'static) {
        let inputs = self.inputs.clone();
        self.runtime.spawn(async move {
            // Nobody is there any more to hear it: then it does not matter.
            let _ = inputs.send(answer.await).await;
        });
    }

    fn send(&self, input: Input) {
        self.answer(std::future::ready(input));
    }

    fn work(&self, work: impl FnOnce(&Self) -> Option<Input> + Send + 'static) {
        let this = self.clone();
        self.runtime.spawn_blocking(move || {
            if let Some(input) = work(&this) {
                let _ = this.inputs.blocking_send(input);
            }
        });
    }

    fn fetch(&self, after: Option<DeliveryId>, open: Vec<DeliveryId>) {
        self.work(move |this| {
            let mut rows = Vec::new();
            let read = this.source.rows(after, &open, &mut |row| {
                rows.push(row);
                if rows.len() >= SLICE {
                    let rows = std::mem::take(&mut rows);
                    let _ = this.inputs.blocking_send(Input::Rows { rows, done: false });
                }
            });
            if let Err(trouble) = read {
                let _ = this.inputs.blocking_send(Input::Failed(trouble));
            }
            Some(Input::Rows { rows, done: true })
        });
    }

    fn load(&self, id: DeliveryId, beside: Vec<DeliveryId>) {
        let turn = self.newest.load.fetch_add(1, Ordering::SeqCst) + 1;
        self.work(move |this| {
            if this.newest.load.load(Ordering::SeqCst) != turn {
                return None;
            }
            Some(match this.loaded(id, &beside) {
                Ok(loaded) => Input::Loaded(Box::new(loaded)),
                Err(trouble) => Input::Failed(trouble),
            })
        });
    }

    fn loaded(&self, id: DeliveryId, beside: &[DeliveryId]) -> Result<Loaded, Trouble> {
        let delivery = self.source.delivery(id)?.map(Arc::new);
        let digest = delivery
            .as_ref()
            .map_or([0; 32], |delivery| sha256(&delivery.request().body));
        let mut neighbours = Vec::new();
        for neighbour in beside {
            if let Some(found) = self.source.delivery(*neighbour)? {
                let keep =
                    beside.last() == Some(neighbour) && found.request().body.len() <= COMPARED;
                neighbours.push(Arc::new(if keep { found } else { without_body(found) }));
            }
        }
        Ok(Loaded {
            id,
            digest,
            beside: neighbours,
            outgoing: self.source.outgoing(id)?,
            delivery,
        })
    }

    fn matching(
        &self,
        generation: u64,
        filter: &crate::filter::Filter,
        after: Option<DeliveryId>,
    ) -> Option<Input> {
        let mut ids = Vec::new();
        let is_newest = || self.newest.filter.load(Ordering::SeqCst) == generation;
        let read = self
            .source
            .matching(filter, after, Timestamp::now(), &mut |id| {
                ids.push(id);
                if ids.len() >= SLICE {
                    let ids = std::mem::take(&mut ids);
                    let _ = self.inputs.blocking_send(Input::Matched {
                        generation,
                        ids,
                        done: false,
                    });
                }
                if is_newest() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
        if let Err(trouble) = read {
            let _ = self.inputs.blocking_send(Input::Failed(trouble));
        }
        is_newest().then_some(Input::Matched {
            generation,
            ids,
            done: true,
        })
    }

    fn copy(&self, what: &'static str, bytes: bytes::Bytes) -> Input {
        let size = text::bytes(bytes.len() as u64);
        match clipboard::copy(&bytes) {
            Route::Program(program) => Input::Done(format!("copied {what}, {size}, via {program}")),
            Route::Terminal(sequence) => {
                self.painter.write(&sequence);
                Input::Done(format!(
                    "copied {what}, {size}: sent to the terminal (OSC 52)"
                ))
            }
            Route::TooLong => Input::TooLong { what, bytes },
        }
    }
}

fn without_body(delivery: Delivery) -> Delivery {
    let mut arrival = Arc::unwrap_or_clone(delivery.arrival);
    arrival.request.body = bytes::Bytes::new();
    Delivery {
        arrival: Arc::<Arrival>::new(arrival),
        ..delivery
    }
}

/// What to say when something is asked of a listener that is not there.
fn without_listener(effect: &Effect) -> Option<Input> {
    let what = match effect {
        Effect::Arm(_) | Effect::Disarm => "arm a failure",
        Effect::Release(..) => "answer a delivery",
        Effect::Sample => "send a sample",
        Effect::Probe => "probe the tunnel",
        Effect::Replay(_) => {
            return Some(Input::Replayed(Err(no_listener("replay"))));
        }
        _ => return None,
    };
    Some(Input::Failed(no_listener(what)))
}

fn no_listener(what: &str) -> Trouble {
    Trouble::new(format!("cannot {what} here"))
        .because("this shows captures without a listener")
        .fix("start one: hook64 listen")
}

fn gone() -> Trouble {
    Trouble::new("the store has this delivery no longer")
}
