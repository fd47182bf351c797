//! Everything that somebody can do, as a value: a key, the palette, the help menu, the
//! configuration and the tests all produce the same ones.

/// A tab of the detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tab {
    /// What it is, in one screen.
    #[default]
    Overview,
    /// The body as tree, text or bytes.
    Body,
    /// The header fields.
    Headers,
    /// The signature and its diagnosis.
    Signature,
    /// The attempts and the schedule.
    Attempts,
    /// What was answered, and the replays.
    Response,
}

impl Tab {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::Overview,
        Self::Body,
        Self::Headers,
        Self::Signature,
        Self::Attempts,
        Self::Response,
    ];

    /// Its place, from 0.
    #[must_use]
    pub fn place(self) -> usize {
        Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0)
    }

    /// The tab some steps further, around the end.
    #[must_use]
    pub fn step(self, forward: bool) -> Self {
        let step = if forward { 1 } else { Self::ALL.len() - 1 };
        Self::ALL[(self.place() + step) % Self::ALL.len()]
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Body => "Body",
            Self::Headers => "Headers",
            Self::Signature => "Signature",
            Self::Attempts => "Attempts",
            Self::Response => "Response",
        }
    }
}

/// What can be copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Copied {
    /// The body, laid out.
    Pretty,
    /// The body as sent.
    Raw,
    /// The headers.
    Headers,
    /// A command that sends it again.
    Curl,
    /// The event id.
    EventId,
    /// The task or run id.
    TaskId,
    /// The value under the cursor.
    Value,
    /// The path to it.
    Path,
    /// The public URL.
    Url,
    /// What was signed.
    Signed,
    /// A command that checks the signature.
    Openssl,
    /// The attempts as a table.
    Attempts,
}

impl Copied {
    /// All of them, in the order of the box: the key, what it is.
    pub const ALL: [(char, Self, &'static str); 12] = [
        ('y', Self::Pretty, "body, pretty"),
        ('r', Self::Raw, "body, raw bytes"),
        ('h', Self::Headers, "headers"),
        ('c', Self::Curl, "curl command"),
        ('i', Self::EventId, "event id"),
        ('t', Self::TaskId, "task or run id"),
        ('v', Self::Value, "this value"),
        ('p', Self::Path, "path to this value"),
        ('u', Self::Url, "public URL"),
        ('s', Self::Signed, "signed string"),
        ('o', Self::Openssl, "openssl check"),
        ('a', Self::Attempts, "attempts table"),
    ];

    /// What it is, for a message.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(_, what, _)| *what == self)
            .map_or("", |(.., name)| name)
    }
}

/// Something that can be switched with `:set`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Setting {
    /// The wheel and clicks.
    Mouse,
    /// The bell at a bad signature.
    Bell,
    /// Countdowns, instead of due times only.
    Countdown,
    /// Leaving the last frame on the screen.
    KeepScreen,
}

/// Everything that somebody can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "the table in `keys` says what each one does, to the user too"
)]
pub enum Action {
    Help,
    Commands,
    Close,
    Back,
    Interrupt,
    Suspend,
    Redraw,
    Info,
    Qr,
    Zoom,
    TimeDisplay,
    Sample,
    Probe,
    Quit,
    Down,
    Up,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    First,
    Newest,
    Open,
    Left,
    Right,
    FocusNext,
    FocusPrevious,
    OtherDown,
    OtherUp,
    Show(Tab),
    NextTab,
    PreviousTab,
    Find,
    FindNext,
    FindPrevious,
    Filter,
    ClearFilter,
    NextProblem,
    PreviousProblem,
    Mark,
    OnlyMarked,
    UnmarkAll,
    Follow,
    Freeze,
    Order,
    Reverse,
    Delete,
    Undo,
    ClearAll,
    Replay,
    ReplayAgain,
    ReplayMarked,
    Edit,
    Pager,
    CopyMenu,
    Copy(Copied),
    Write,
    WriteAll,
    Diff,
    TryKey,
    Arm,
    Disarm,
    Held,
    ToggleFold,
    FoldAll,
    UnfoldAll,
    BodyView,
    Wrap,
    HeaderOrder,
    Toggle(Setting),
}
