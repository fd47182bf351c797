//! When to draw: only after something has changed, soon after it was quiet, and never more often
//! than the line bears.

use std::time::{Duration, Instant};

/// After a key the next frame may come this soon.
const KEY: Duration = Duration::from_millis(16);

/// When frames are drawn.
#[derive(Debug)]
pub(super) struct Pacing {
    least: Duration,
    last: Option<Instant>,
    dirty: bool,
    key: bool,
}

impl Pacing {
    /// At most so many frames a second.
    pub(super) fn new(frames_a_second: u32) -> Self {
        Self {
            least: Duration::from_secs(1) / frames_a_second.clamp(1, 60),
            last: None,
            dirty: true,
            key: false,
        }
    }

    /// Something changed that could be seen; `key`: because of a key.
    pub(super) fn changed(&mut self, key: bool) {
        self.dirty = true;
        self.key |= key;
    }

    /// When the next frame is to be drawn; `None`: not before something changes.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        if !self.dirty {
            return None;
        }
        let gap = if self.key {
            KEY.min(self.least)
        } else {
            self.least
        };
        Some(self.last.map_or(now, |last| (last + gap).max(now)))
    }

    /// A frame was drawn.
    pub(super) fn drawn(&mut self, now: Instant) {
        self.last = Some(now);
        self.dirty = false;
        self.key = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_when_nothing_changed() {
        let now = Instant::now();
        let mut pacing = Pacing::new(30);
        assert_eq!(pacing.due(now), Some(now));
        pacing.drawn(now);
        assert_eq!(pacing.due(now + Duration::from_secs(60)), None);
    }

    #[test]
    fn after_a_pause_a_change_is_drawn_at_once_and_a_burst_once_a_slot() {
        let now = Instant::now();
        let mut pacing = Pacing::new(30);
        pacing.drawn(now);
        let later = now + Duration::from_secs(1);
        pacing.changed(false);
        assert_eq!(pacing.due(later), Some(later));
        pacing.drawn(later);
        pacing.changed(false);
        let next = pacing.due(later + Duration::from_millis(1)).unwrap();
        assert_eq!(next, later + Duration::from_secs(1) / 30);
    }

    #[test]
    fn two_seconds_of_changes_are_sixty_frames() {
        let mut now = Instant::now();
        let end = now + Duration::from_secs(2);
        let mut pacing = Pacing::new(30);
        let mut frames = 0;
        while now < end {
            pacing.changed(false);
            if pacing.due(now).is_some_and(|due| due <= now) {
                pacing.drawn(now);
                frames += 1;
            }
            now += Duration::from_micros(200);
        }
        assert!(frames <= 61, "{frames}");
    }

    #[test]
    fn a_key_is_answered_sooner() {
        let now = Instant::now();
        let mut pacing = Pacing::new(30);
        pacing.drawn(now);
        pacing.changed(true);
        assert_eq!(pacing.due(now), Some(now + Duration::from_millis(16)));
    }
}
