-- The store of hook64, version 1.
--
-- Times are nanoseconds since 1970-01-01 UTC, spans are nanoseconds. What is not known is NULL.
-- CAST(head AS TEXT) shows a request as it was sent; the view `captures` does that for a person.
-- Files in this directory are only ever added, never changed.

-- One row a request, in order of arrival. Narrow: bodies and heads are in `contents`.
CREATE TABLE deliveries (
    seq              INTEGER PRIMARY KEY,  -- its number, from 1
    event            INTEGER NOT NULL,     -- seq of the first delivery of its event (its own, if it is the first)
    arrived          INTEGER NOT NULL,     -- the first byte of the head
    provider         TEXT NOT NULL,        -- sixtyfour, elan or plain
    event_id         TEXT,                 -- what it was deduplicated on
    event_id_from    TEXT,                 -- header or body; inferred: task, run or hash
    reason           TEXT NOT NULL,        -- of the verdict: ok is valid, no_secret_configured is unverified, all others are invalid
    status           INTEGER NOT NULL,     -- of the answer
    answered_by      TEXT NOT NULL,        -- default, signature, duplicate, armed, app, defect, path, person, unstored
    ending           TEXT NOT NULL,        -- of the connection, as planned: normal, hang, hold, reset, close, cut, garbage, drip
    turn             TEXT NOT NULL,        -- first; retry: seen, not acknowledged; duplicate: acknowledged before
    arrival          INTEGER NOT NULL,     -- which arrival of its event, from 1
    conflict         INTEGER NOT NULL,     -- 1: the same event id came with another body before
    event_type       TEXT,
    attempt          INTEGER,              -- the sender's own counter, from 1
    method           TEXT NOT NULL,        -- as sent
    target           TEXT NOT NULL,        -- as sent, but bytes that are not UTF-8 as \xNN
    body_bytes       INTEGER NOT NULL,     -- of the body that was kept
    body_sha256      BLOB NOT NULL,        -- checked whenever the body is read
    peer             TEXT NOT NULL,        -- address and port of the other end
    head_after       INTEGER NOT NULL,     -- span from `arrived` to the last byte of the head
    body_after       INTEGER NOT NULL,     -- span from `arrived` to the last byte of the body
    version          TEXT,                 -- HTTP/1.0 or HTTP/1.1; NULL: the head is not readable
    envelope         TEXT NOT NULL,        -- job, workflow, subscription or unknown
    task_id          TEXT,
    run_id           TEXT,
    scheme           TEXT,                 -- that the signature was checked by: sixtyfour-v1 or elan
    age_seconds      INTEGER,              -- our clock minus the signed time
    secret_index     INTEGER,              -- which secret matched, from 0
    v1_index         INTEGER,              -- which v1 matched, from 0
    matches_ignoring_time INTEGER,         -- 1: the signature is right whatever the time says
    key_hint         TEXT,                 -- the last four characters of the secret that matched
    non_canonical    TEXT,                 -- how the matching signature was misspelled
    delay            INTEGER NOT NULL,     -- span before the first byte of the answer, as planned
    drip             INTEGER,              -- span over which the answer was dripped, as planned
    rule             TEXT,                 -- the armed rule that answered
    rule_step        INTEGER,              -- which of its steps, from 1
    rule_of          INTEGER,              -- how many steps it has; NULL: no end
    defect           TEXT,                 -- body_too_large, body_incomplete, body_timed_out or malformed
    defect_status    INTEGER,              -- of a malformed request
    defect_why       TEXT,                 -- of a malformed request
    disagreements    TEXT                  -- JSON: [[header, its value, body field, its value], ...]
) STRICT;

-- The later deliveries of each event. The first ones are not in it, so that storing one costs
-- nothing here.
CREATE INDEX later_deliveries ON deliveries (event) WHERE event <> seq;

-- What was sent and what was answered, byte for byte.
CREATE TABLE contents (
    seq              INTEGER PRIMARY KEY,
    digest           BLOB NOT NULL,        -- of all other columns but body; checked whenever they are read
    head             BLOB NOT NULL,        -- request line and field lines as sent, with the blank line
    trailers         BLOB,                 -- field lines after a chunked body
    answer_headers   BLOB,                 -- field lines of our answer
    answer_body      BLOB,                 -- of our answer
    body             BLOB NOT NULL         -- without chunk framing, not decompressed
) STRICT;

-- What the peer really got. No row: still being answered, or the process was killed before.
CREATE TABLE settlements (
    seq              INTEGER PRIMARY KEY,
    at               INTEGER NOT NULL,
    outcome          TEXT NOT NULL         -- answered; released 200: after it was held; peer_left, peer_stalled, reset, closed, cut, garbage or stopped
) STRICT;

CREATE INDEX not_answered ON settlements (seq) WHERE outcome <> 'answered';

-- Why a signature does not match.
CREATE TABLE diagnoses (
    seq              INTEGER PRIMARY KEY,
    findings         TEXT NOT NULL,        -- JSON: [{candidate, matches, confidence, explanation, fix}, ...], best first
    tried            INTEGER NOT NULL,     -- how many combinations were compared
    not_tried        TEXT                  -- what was left out, and why
) STRICT;

-- Requests that we made: a capture forwarded or replayed, a sample sent.
CREATE TABLE attempts (
    id               INTEGER PRIMARY KEY,
    seq              INTEGER NOT NULL,     -- the delivery that it belongs to
    origin           TEXT NOT NULL,        -- forward, replay or send
    number           INTEGER NOT NULL,     -- which one of its job, from 1
    target           TEXT NOT NULL,
    started          INTEGER NOT NULL,
    took             INTEGER NOT NULL,     -- span
    status           INTEGER,              -- of the answer; NULL: there was none
    failure          TEXT,                 -- why not: unreachable, tls, timed_out, broken or not_http
    failure_detail   TEXT,
    body_cut         INTEGER               -- 1: the answer's body was longer than what is kept
) STRICT;

CREATE INDEX attempts_of_delivery ON attempts (seq);

-- The bytes of each attempt.
CREATE TABLE attempt_contents (
    id               INTEGER PRIMARY KEY,
    headers          BLOB,                 -- field lines of the answer
    body             BLOB,                 -- of the answer, up to 1 MiB
    request_head     BLOB,                 -- what was sent, where it differs from the capture
    request_body     BLOB
) STRICT;

-- What the store remembers about itself.
CREATE TABLE facts (
    name             TEXT PRIMARY KEY,     -- removed: deliveries that retention removed; proved: last successful trial write
    value            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO facts (name, value) VALUES ('removed', 0), ('proved', 0);

-- Everything about a request, as text, for a person.
CREATE VIEW captures AS
SELECT d.seq,
       strftime('%Y-%m-%dT%H:%M:%S', d.arrived / 1000000000, 'unixepoch')
           || printf('.%03dZ', d.arrived / 1000000 % 1000) AS at,
       d.provider, d.event_type, d.event_id, d.event, d.turn, d.attempt,
       CASE d.reason WHEN 'ok' THEN 'valid'
                     WHEN 'no_secret_configured' THEN 'unverified'
                     ELSE 'invalid' END AS verdict,
       d.reason, d.method, d.target,
       CASE WHEN s.outcome GLOB 'released [0-9]*' THEN CAST(substr(s.outcome, 10) AS INTEGER)
            ELSE d.status END AS status,
       d.answered_by, s.outcome, d.body_bytes,
       CAST(c.head AS TEXT) AS head,
       CAST(c.body AS TEXT) AS body
  FROM deliveries d
  JOIN contents c USING (seq)
  LEFT JOIN settlements s USING (seq);
