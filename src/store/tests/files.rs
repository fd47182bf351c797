//! Whose files they are, who may use them, and who writes to them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use super::{Fixture, arrival, get, id, insert, open};
use crate::store::{Location, Options, Store, Trouble, schema};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[tokio::test]
async fn everything_that_is_created_is_for_the_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b/hook64.db");
    let store = open(&path, Options::default()).unwrap();
    insert(&store, arrival("e", "x")).await;
    assert_eq!(mode(&directory.path().join("a")), 0o700);
    assert_eq!(mode(&directory.path().join("a/b")), 0o700);
    let files = fs::read_dir(directory.path().join("a/b")).unwrap();
    let mut names = Vec::new();
    for file in files {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        names.push(file.file_name().unwrap().to_string_lossy().into_owned());
    }
    assert!(names.contains(&"hook64.db-wal".to_owned()));
    assert!(names.contains(&"hook64.db.lock".to_owned()));
}

#[tokio::test]
async fn a_store_that_others_can_write_is_refused() {
    let fixture = Fixture::new();
    fixture.filled(1).await;
    fs::set_permissions(fixture.path(), Permissions::from_mode(0o666)).unwrap();
    let error = fixture.open().unwrap_err();
    assert_eq!(error.trouble(), Trouble::Untrusted);
    assert_eq!(error.cause(), Some("its mode is 0666"));
    assert!(Store::open_readonly(&fixture.path()).is_err());
}

#[test]
fn a_directory_is_no_store() {
    let directory = tempfile::tempdir().unwrap();
    let error = open(directory.path(), Options::default()).unwrap_err();
    assert_eq!(error.trouble(), Trouble::Foreign);
}

#[tokio::test]
async fn a_second_writer_is_refused_and_told_who_the_first_is() {
    let fixture = Fixture::new();
    let first = fixture.open().unwrap();
    first.set_holder("http://127.0.0.1:6464").unwrap();
    let error = fixture.open().unwrap_err();
    assert_eq!(error.trouble(), Trouble::InUse);
    let why = error.cause().unwrap();
    assert!(why.contains(&std::process::id().to_string()), "{why}");
    assert!(why.contains("http://127.0.0.1:6464"), "{why}");
    insert(&first, arrival("e", "x")).await;
    drop(first);
    assert_eq!(get(&fixture.open().unwrap(), 1).id, id(1));
}

#[tokio::test]
async fn a_store_is_one_store_under_all_its_names() {
    let fixture = Fixture::new();
    let first = fixture.open().unwrap();
    let link = fixture.directory.path().join("link.db");
    std::os::unix::fs::symlink(fixture.path(), &link).unwrap();
    let error = open(&link, Options::default()).unwrap_err();
    assert_eq!(error.trouble(), Trouble::InUse);
    drop(first);
}

#[tokio::test]
async fn a_lock_whose_holder_died_is_taken_over() {
    let fixture = Fixture::new();
    fixture.filled(1).await;
    let note = "captures: yes\npid: 999999999\nholder: http://gone\n";
    fs::write(fixture.beside(".lock"), note).unwrap();
    fixture.open().unwrap();
}

#[tokio::test]
async fn a_lock_file_that_was_tidied_away_is_put_back_before_anything_else_is_stored() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    fs::remove_file(fixture.beside(".lock")).unwrap();
    insert(&store, arrival("e", "x")).await;
    assert_eq!(fixture.open().unwrap_err().trouble(), Trouble::InUse);
}

#[tokio::test]
async fn readers_see_what_the_writer_commits_and_cannot_write() {
    let fixture = Fixture::new();
    let writer = fixture.open().unwrap();
    insert(&writer, arrival("e1", "x")).await;
    let reader = Store::open_readonly(&fixture.path()).unwrap();
    assert_eq!(get(&reader, 1).id, id(1));
    assert!(!reader.poll().unwrap());
    insert(&writer, arrival("e2", "x")).await;
    assert_eq!(get(&reader, 2).id, id(2));
    let version = *reader.changes().borrow();
    assert!(reader.poll().unwrap());
    assert!(*reader.changes().borrow() > version);
    assert!(!reader.poll().unwrap());
    let refused = reader.insert(Arc::new(arrival("e3", "x"))).await;
    assert_eq!(refused.unwrap_err().trouble(), Trouble::ReadOnly);
    drop(writer);
    assert_eq!(get(&reader, 2).id, id(2));
    drop(reader);
    assert_eq!(
        get(&Store::open_readonly(&fixture.path()).unwrap(), 2).id,
        id(2)
    );
}

#[tokio::test]
async fn a_store_is_readable_after_its_writer_was_killed() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    insert(&store, arrival("e", "x")).await;
    // What a killed process leaves behind: the file and its log.
    let copy = Fixture::new();
    fs::copy(fixture.path(), copy.path()).unwrap();
    fs::copy(fixture.beside("-wal"), copy.beside("-wal")).unwrap();
    assert_eq!(
        get(&Store::open_readonly(&copy.path()).unwrap(), 1).id,
        id(1)
    );
    assert_eq!(get(&copy.open().unwrap(), 1).id, id(1));
}

#[test]
fn reading_a_store_that_is_not_there_says_so_and_creates_nothing() {
    let fixture = Fixture::new();
    let error = Store::open_readonly(&fixture.path()).unwrap_err();
    assert_eq!(error.trouble(), Trouble::Missing);
    assert_eq!(fs::read_dir(fixture.directory.path()).unwrap().count(), 0);
    let missing = fixture.directory.path().join("no/such/directory.db");
    assert_eq!(
        Store::open_readonly(&missing).unwrap_err().trouble(),
        Trouble::Missing
    );
}

#[test]
fn a_path_that_is_the_word_for_memory_makes_no_file() {
    assert_eq!(Location::new(":memory:"), Location::Memory);
    assert_eq!(Location::new("x.db"), Location::File("x.db".into()));
}

#[tokio::test]
async fn an_older_store_is_copied_before_it_is_brought_up_to_date() {
    let fixture = Fixture::new();
    fixture.filled(2).await;
    let place = super::super::location::Place::resolve(&fixture.path()).unwrap();
    let mut connection = rusqlite::Connection::open(fixture.path()).unwrap();
    let next = "ALTER TABLE attempts ADD COLUMN note TEXT;";
    let migrations = [schema::MIGRATIONS[0], next];
    let copy = schema::migrate(&mut connection, &place, 1, &migrations).unwrap();
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 2);
    connection
        .execute("UPDATE attempts SET note = ''", [])
        .unwrap();
    assert_eq!(mode(&copy), 0o600);
    let kept = Store::open_readonly(&copy).unwrap();
    assert_eq!(kept.counts().unwrap().deliveries, 2);
    assert_eq!(get(&kept, 2).id, id(2));
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_store_as_it_was() {
    let fixture = Fixture::new();
    fixture.filled(2).await;
    let place = super::super::location::Place::resolve(&fixture.path()).unwrap();
    let mut connection = rusqlite::Connection::open(fixture.path()).unwrap();
    let next = "ALTER TABLE attempts ADD COLUMN note TEXT; SELECT nonsense FROM nowhere;";
    let migrations = [schema::MIGRATIONS[0], next];
    schema::migrate(&mut connection, &place, 1, &migrations).unwrap_err();
    drop(connection);
    assert_eq!(get(&fixture.open().unwrap(), 2).id, id(2));
}

#[test]
fn every_table_says_what_it_is_for() {
    let schema = schema::MIGRATIONS.join("\n");
    let lines: Vec<&str> = schema.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        if line.starts_with("CREATE TABLE") {
            assert!(lines[number - 1].starts_with("--"), "{line}");
        }
    }
}
