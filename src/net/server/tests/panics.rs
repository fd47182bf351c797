//! A handler that panics, wherever it is called: its peer is answered, and nobody else notices.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Panics where the path says so.
#[derive(Default)]
struct Fragile {
    settled: AtomicUsize,
    outcomes: Mutex<Vec<Outcome>>,
    changed: Notify,
}

fn asked(head: &Head, place: &str) -> bool {
    head.path() == format!("/{place}").as_bytes()
}

impl Handler for Fragile {
    type Receipt = Head;

    fn greeting(&self, head: &Head) -> Option<Reply> {
        assert!(!asked(head, "greeting"), "as asked for");
        None
    }

    async fn receive(&self, request: Request) -> (Reply, Head) {
        let head = request.head;
        assert!(!asked(&head, "at-once"), "as asked for");
        tokio::task::yield_now().await;
        assert!(!asked(&head, "later"), "as asked for");
        let ending = match head.path() {
            b"/held" => Ending::Hold,
            b"/hang" => Ending::Hang,
            _ => Ending::Normal,
        };
        (ended(ending), head)
    }

    async fn held(&self, head: &Head) -> Reply {
        tokio::task::yield_now().await;
        panic!("as asked for: {head:?}");
    }

    fn settled(&self, head: Head, settlement: Settlement) {
        self.settled.fetch_add(1, Ordering::SeqCst);
        self.outcomes.lock().unwrap().push(settlement.outcome);
        self.changed.notify_waiters();
        assert!(!asked(&head, "settled"), "as asked for");
    }
}

struct Running {
    address: SocketAddr,
    handler: Arc<Fragile>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Summary>,
}

fn start(limits: Limits) -> Running {
    let handler = Arc::new(Fragile::default());
    let listener = Listener::bind(Some(Ipv4Addr::LOCALHOST.into()), 0).unwrap();
    let address = listener.addresses()[0];
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(serve(listener, Arc::clone(&handler), limits, async {
        let _ = stopped.await;
    }));
    Running {
        address,
        handler,
        stop,
        task,
    }
}

impl Running {
    async fn send(&self, bytes: String) -> Client {
        let mut client = Client {
            stream: TcpStream::connect(self.address).await.unwrap(),
            unread: Vec::new(),
        };
        client.send(bytes).await;
        client
    }

    async fn settled(&self, count: usize) {
        let wait = async {
            loop {
                let changed = self.handler.changed.notified();
                if self.handler.settled.load(Ordering::SeqCst) >= count {
                    return;
                }
                changed.await;
            }
        };
        within(wait).await;
    }
}

#[tokio::test]
async fn wherever_a_handler_panics_the_peer_is_answered_and_its_connection_goes_on() {
    let running = start(Limits::default());
    for (place, status) in [
        ("greeting", 500),
        ("at-once", 500),
        ("later", 500),
        ("held", 500),
        ("settled", 200),
    ] {
        let both = post(&format!("/{place}"), "{}") + &post("/after", "{}");
        let mut client = running.send(both).await;
        assert_eq!(client.answer().await.status, status, "{place}");
        assert_eq!(client.answer().await.status, 200, "after {place}");
    }
    // Once for each that was received: five behind, one held, one whose settling panicked.
    running.settled(7).await;
    let outcomes = running.handler.outcomes.lock().unwrap().clone();
    assert_eq!(outcomes, [Outcome::Answered; 7]);
}

#[tokio::test]
async fn panics_take_no_place_from_others_and_do_not_keep_the_listener_from_stopping() {
    let limits = Limits {
        max_connections: 3,
        ..Limits::default()
    };
    let running = start(limits);
    let mut waiting = running.send(post("/hang", "{}")).await;
    for round in 0..30 {
        let place = ["greeting", "at-once", "later"][round % 3];
        let mut client = running.send(post(&format!("/{place}"), "{}")).await;
        assert_eq!(client.answer().await.status, 500, "{place}");
    }
    let mut client = running.send(post("/after", "{}")).await;
    assert_eq!(client.answer().await.status, 200);
    running.stop.send(()).unwrap();
    within(running.task).await.unwrap();
    assert!(waiting.is_closed_cleanly().await);
    assert_eq!(running.handler.settled.load(Ordering::SeqCst), 2);
}
