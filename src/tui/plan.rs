//! Where things go on a screen of a given size; who looks and who moves lean on the same answer.

use ratatui::layout::Rect;

/// The smallest screen that is drawn at all.
pub(super) const SMALLEST: (u16, u16) = (40, 8);

/// How the panes share the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// List and detail side by side.
    Split,
    /// The list above the detail.
    Stacked,
    /// One pane at a time.
    Single,
    /// One pane at a time, without frames.
    Bare,
    /// A message only.
    TooSmall,
}

/// Which pane has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The events.
    #[default]
    List,
    /// The selected delivery.
    Detail,
}

/// Where the panes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How they share the screen.
    pub layout: Layout,
    /// The whole screen.
    pub screen: Rect,
    /// The line at the top; empty where there is none.
    pub top: Rect,
    /// The list with its frame; empty when it is not seen.
    pub list: Rect,
    /// The detail with its frame; empty when it is not seen.
    pub detail: Rect,
    /// The status line.
    pub status: Rect,
    /// The line of hints.
    pub hints: Rect,
}

impl Plan {
    /// The plan for a screen.
    #[must_use]
    pub fn new(width: u16, height: u16, focus: Focus, zoomed: bool) -> Self {
        let screen = Rect::new(0, 0, width, height);
        let layout = layout(width, height);
        let row = |y: u16| Rect::new(0, y, width, 1).intersection(screen);
        let mut plan = Self {
            layout,
            screen,
            top: row(0),
            list: Rect::ZERO,
            detail: Rect::ZERO,
            status: row(height.saturating_sub(2)),
            hints: row(height.saturating_sub(1)),
        };
        match layout {
            Layout::TooSmall => {}
            Layout::Bare => plan.bare(focus),
            Layout::Single => plan.one(screen_between(screen, 1, 2), focus),
            Layout::Split | Layout::Stacked if zoomed => {
                plan.one(screen_between(screen, 1, 2), focus);
            }
            Layout::Split => plan.split(),
            Layout::Stacked => plan.stacked(),
        }
        plan
    }

    fn bare(&mut self, focus: Focus) {
        // The status is in the top line here, and the counters in the last one.
        self.status = Rect::ZERO;
        self.one(screen_between(self.screen, 1, 1), focus);
    }

    fn one(&mut self, area: Rect, focus: Focus) {
        match focus {
            Focus::List => self.list = area,
            Focus::Detail => self.detail = area,
        }
    }

    fn split(&mut self) {
        let area = screen_between(self.screen, 1, 2);
        let list = u16::try_from((u32::from(area.width) * 48 + 50) / 100).unwrap_or(area.width);
        self.list = Rect {
            width: list,
            ..area
        };
        self.detail = Rect {
            x: area.x + list,
            width: area.width - list,
            ..area
        };
    }

    fn stacked(&mut self) {
        let area = screen_between(self.screen, 1, 2);
        let list = area.height * 2 / 5;
        self.list = Rect {
            height: list,
            ..area
        };
        self.detail = Rect {
            y: area.y + list,
            height: area.height - list,
            ..area
        };
    }

    /// What is inside the list's frame, without the line of titles.
    #[must_use]
    pub fn list_rows(&self) -> Rect {
        let inner = self.inside(self.list);
        if self.layout == Layout::Bare {
            return inner;
        }
        screen_between(inner, 1, 0)
    }

    /// What is inside the detail's frame.
    #[must_use]
    pub fn detail_inside(&self) -> Rect {
        self.inside(self.detail)
    }

    /// What is left of an area inside its frame.
    #[must_use]
    pub fn inside(&self, area: Rect) -> Rect {
        if self.layout == Layout::Bare || area.is_empty() {
            return area;
        }
        Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(2),
        }
    }

    /// Whether the screen is wide enough for the long forms of words.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        self.screen.width >= 100
    }

    /// Whether list and detail are both seen.
    #[must_use]
    pub fn shows_both(&self) -> bool {
        !self.list.is_empty() && !self.detail.is_empty()
    }
}

fn layout(width: u16, height: u16) -> Layout {
    if width < SMALLEST.0 || height < SMALLEST.1 {
        Layout::TooSmall
    } else if width < 60 || height < 16 {
        Layout::Bare
    } else if width >= 100 && height >= 20 {
        Layout::Split
    } else if width < 100 && height >= 40 {
        Layout::Stacked
    } else {
        Layout::Single
    }
}

/// An area without some rows at its top and its bottom.
fn screen_between(area: Rect, above: u16, below: u16) -> Rect {
    let above = above.min(area.height);
    Rect {
        y: area.y + above,
        height: area.height.saturating_sub(above + below),
        ..area
    }
}

/// An area of a size in the middle of another one, or as much of it as there is room for.
#[must_use]
pub(super) fn centred(within: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(within.width);
    let height = height.min(within.height);
    Rect {
        x: within.x + (within.width - width) / 2,
        y: within.y + (within.height - height) / 2,
        width,
        height,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_size_has_its_layout() {
        for ((width, height), expected) in [
            ((120, 36), Layout::Split),
            ((100, 20), Layout::Split),
            ((100, 19), Layout::Single),
            ((80, 40), Layout::Stacked),
            ((80, 24), Layout::Single),
            ((60, 20), Layout::Single),
            ((60, 15), Layout::Bare),
            ((40, 11), Layout::Bare),
            ((38, 6), Layout::TooSmall),
            ((1, 1), Layout::TooSmall),
            ((0, 0), Layout::TooSmall),
        ] {
            assert_eq!(layout(width, height), expected, "{width}x{height}");
        }
    }

    #[test]
    fn the_panes_never_leave_the_screen() {
        for width in 0..140 {
            for height in 0..50 {
                for focus in [Focus::List, Focus::Detail] {
                    let plan = Plan::new(width, height, focus, false);
                    for area in [plan.list, plan.detail, plan.status, plan.hints, plan.top] {
                        assert_eq!(area.intersection(plan.screen).area(), area.area());
                    }
                }
            }
        }
    }
}
