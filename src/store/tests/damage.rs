//! Files that are not what they were: nothing wrong is served, nothing is silently begun anew.

use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::Path;

use super::{Fixture, arrival, at, get, id, insert};
use crate::filter::Filter;
use crate::store::{Order, Store, StoreError, Trouble};

/// The file as it is now must survive every refusal.
fn refused(fixture: &Fixture) -> StoreError {
    let before = fs::read(fixture.path()).unwrap();
    let error = fixture.open().unwrap_err();
    assert_eq!(fs::read(fixture.path()).unwrap(), before);
    let read_only = Store::open_readonly(&fixture.path()).unwrap_err();
    assert_eq!(read_only.trouble(), error.trouble());
    assert_eq!(fs::read(fixture.path()).unwrap(), before);
    error
}

fn overwrite(path: &Path, offset: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(bytes).unwrap();
}

fn truncate(path: &Path, length: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
}

/// Where these bytes stand in the file.
fn find(path: &Path, needle: &str) -> u64 {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    memchr::memmem::find(&bytes, needle.as_bytes()).unwrap() as u64
}

/// The numbers of what can still be read, and what the walk ends with.
fn readable(store: &Store) -> (Vec<u64>, Result<(), StoreError>) {
    let mut found = Vec::new();
    let end = store.each(
        &Filter::all(),
        Order::OldestFirst,
        None,
        at(0),
        |delivery| {
            found.push(delivery.id.get());
            ControlFlow::Continue(())
        },
    );
    (found, end)
}

#[tokio::test]
async fn an_emptied_file_is_not_taken_for_a_new_store() {
    let fixture = Fixture::new();
    fixture.filled(3).await;
    truncate(&fixture.path(), 0);
    let error = refused(&fixture);
    assert_eq!(error.trouble(), Trouble::Emptied);
    assert!(error.remedy().unwrap().contains("mv "));
}

#[tokio::test]
async fn an_empty_file_that_never_held_anything_becomes_a_store() {
    let fixture = Fixture::new();
    fs::write(fixture.path(), b"").unwrap();
    assert_eq!(
        insert(&fixture.open().unwrap(), arrival("e", "x")).await,
        id(1)
    );
}

#[tokio::test]
async fn a_store_that_was_moved_aside_makes_room_for_a_new_one() {
    let fixture = Fixture::new();
    fixture.filled(3).await;
    fs::rename(fixture.path(), fixture.beside(".emptied")).unwrap();
    assert_eq!(
        insert(&fixture.open().unwrap(), arrival("e", "x")).await,
        id(1)
    );
    let aside = Store::open_readonly(&fixture.beside(".emptied")).unwrap();
    assert_eq!(aside.counts().unwrap().deliveries, 3);
}

#[tokio::test]
async fn captures_in_a_log_whose_file_is_gone_are_not_thrown_away() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    insert(&store, arrival("e", "x")).await;
    let log = fs::read(fixture.beside("-wal")).unwrap();
    drop(store);
    fs::remove_file(fixture.path()).unwrap();
    fs::write(fixture.beside("-wal"), &log).unwrap();
    assert_eq!(fixture.open().unwrap_err().trouble(), Trouble::Emptied);
    assert_eq!(fs::read(fixture.beside("-wal")).unwrap(), log);
}

#[tokio::test]
async fn a_zeroed_first_page_is_damage_and_says_what_to_do() {
    let fixture = Fixture::new();
    fixture.filled(3).await;
    overwrite(&fixture.path(), 0, &[0; 16384]);
    let error = refused(&fixture);
    assert_eq!(error.trouble(), Trouble::Damaged);
    let path = fixture.path();
    let path = path.to_string_lossy();
    assert!(
        error
            .remedy()
            .unwrap()
            .contains(&format!("mv {path} {path}.damaged"))
    );
}

#[tokio::test]
async fn a_cut_tail_is_damage() {
    let fixture = Fixture::new();
    fixture.filled(400).await;
    let length = fs::metadata(fixture.path()).unwrap().len();
    truncate(&fixture.path(), length * 2 / 3);
    assert_eq!(refused(&fixture).trouble(), Trouble::Damaged);
}

#[tokio::test]
async fn garbage_behind_the_end_costs_nothing() {
    let fixture = Fixture::new();
    fixture.filled(50).await;
    let mut file = OpenOptions::new()
        .append(true)
        .open(fixture.path())
        .unwrap();
    file.write_all(&[0xa5; 5000]).unwrap();
    drop(file);
    let store = fixture.open().unwrap();
    let (found, end) = readable(&store);
    assert_eq!(found.len(), 50);
    end.unwrap();
}

#[tokio::test]
async fn a_flipped_bit_in_a_body_costs_that_delivery_alone() {
    let fixture = Fixture::new();
    fixture.filled(20).await;
    let place = find(&fixture.path(), "body 7");
    overwrite(&fixture.path(), place, b"c");
    let store = fixture.open().unwrap();
    let error = store.get(id(7)).unwrap_err();
    assert_eq!(error.trouble(), Trouble::Damaged);
    assert!(error.to_string().starts_with("delivery 7 in the store"));
    assert!(error.cause().unwrap().contains("SHA-256"));
    let (found, end) = readable(&store);
    let others: Vec<u64> = (1..=20).filter(|number| *number != 7).collect();
    assert_eq!(found, others);
    assert!(end.unwrap_err().to_string().starts_with("delivery 7"));
}

#[tokio::test]
async fn a_flipped_bit_in_a_head_or_an_answer_is_noticed_too() {
    for needle in ["sixtyfour-EVENT-id", "application/json", "{\"ok\":true}"] {
        let fixture = Fixture::new();
        fixture.filled(1).await;
        let place = find(&fixture.path(), needle);
        overwrite(&fixture.path(), place + 1, b"~");
        let error = fixture.open().unwrap().get(id(1)).unwrap_err();
        assert_eq!(error.trouble(), Trouble::Damaged, "{needle}");
    }
}

#[tokio::test]
async fn an_overwritten_page_never_serves_wrong_bytes() {
    let fixture = Fixture::new();
    {
        let store = fixture.open().unwrap();
        for number in 1..=200 {
            insert(&store, arrival(&format!("e{number}"), &"x".repeat(3000))).await;
        }
    }
    let length = fs::metadata(fixture.path()).unwrap().len();
    for page in [1, length / 16384 / 2, length / 16384 - 1] {
        let copy = Fixture::new();
        fs::copy(fixture.path(), copy.path()).unwrap();
        overwrite(&copy.path(), page * 16384 + 2000, &[0x5a; 4096]);
        let Ok(store) = copy.open() else { continue };
        let _ = store.each(
            &Filter::all(),
            Order::OldestFirst,
            None,
            at(0),
            |delivery| {
                assert_eq!(delivery.request().body.len(), 3000);
                assert!(delivery.request().body.iter().all(|byte| *byte == b'x'));
                ControlFlow::Continue(())
            },
        );
    }
}

#[test]
fn a_file_of_another_kind_is_refused_and_left_alone() {
    let fixture = Fixture::new();
    fs::write(fixture.path(), "dear diary,\n".repeat(1000)).unwrap();
    let error = refused(&fixture);
    assert_eq!(error.trouble(), Trouble::Foreign);
    assert_eq!(error.cause(), Some("it is not a database"));
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let fixture = Fixture::new();
    rusqlite::Connection::open(fixture.path())
        .unwrap()
        .execute_batch("CREATE TABLE cookies (x); INSERT INTO cookies VALUES (1);")
        .unwrap();
    assert_eq!(refused(&fixture).trouble(), Trouble::Foreign);
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused_and_says_both_versions() {
    let fixture = Fixture::new();
    fixture.filled(1).await;
    rusqlite::Connection::open(fixture.path())
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = refused(&fixture);
    assert_eq!(error.trouble(), Trouble::Newer);
    assert!(error.cause().unwrap().contains("version 99"));
}

#[tokio::test]
async fn a_store_whose_tables_were_changed_is_refused() {
    for change in [
        "DROP TABLE settlements",
        "ALTER TABLE deliveries RENAME COLUMN peer TO other",
        "DROP INDEX later_deliveries",
        "CREATE TRIGGER t AFTER INSERT ON deliveries BEGIN DELETE FROM contents; END",
    ] {
        let fixture = Fixture::new();
        fixture.filled(1).await;
        rusqlite::Connection::open(fixture.path())
            .unwrap()
            .execute_batch(change)
            .unwrap();
        fixture.open().expect_err(change);
    }
}

#[tokio::test]
async fn tables_and_views_that_a_user_added_are_in_nobodys_way() {
    let fixture = Fixture::new();
    fixture.filled(2).await;
    rusqlite::Connection::open(fixture.path())
        .unwrap()
        .execute_batch("CREATE TABLE mine (x); CREATE INDEX also ON deliveries (event_type);")
        .unwrap();
    let store = fixture.open().unwrap();
    assert_eq!(get(&store, 2).id, id(2));
}
