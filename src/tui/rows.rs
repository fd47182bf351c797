//! Which events are shown, in which order, and which of them are unfolded: a row number to what
//! stands there and back, by binary search, so that a million rows cost as much as a hundred.

use super::index::EventNumber;

/// What stands in a row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An event.
    Event(EventNumber),
    /// One of its attempts, from 0.
    Attempt(EventNumber, u32),
    /// The attempt that is expected next.
    Expected(EventNumber),
}

impl Place {
    /// The event that the row belongs to.
    #[must_use]
    pub fn event(self) -> EventNumber {
        match self {
            Self::Event(event) | Self::Attempt(event, _) | Self::Expected(event) => event,
        }
    }
}

/// The events that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// All of them, as they arrived.
    Arrival(usize),
    /// These, in this order.
    Chosen(Vec<EventNumber>),
}

impl Order {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Arrival(count) => *count,
            Self::Chosen(events) => events.len(),
        }
    }

    /// The event in this place.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<EventNumber> {
        match self {
            Self::Arrival(count) if place < *count => EventNumber::try_from(place).ok(),
            Self::Arrival(_) => None,
            Self::Chosen(events) => events.get(place).copied(),
        }
    }

    /// The place of an event.
    #[must_use]
    pub fn place(&self, event: EventNumber) -> Option<usize> {
        match self {
            Self::Arrival(count) => Some(event as usize).filter(|place| place < count),
            Self::Chosen(events) => events
                .binary_search(&event)
                .ok()
                .or_else(|| events.iter().position(|shown| *shown == event)),
        }
    }
}

/// An unfolded event: what stands beneath it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfolded {
    /// Its attempts.
    pub attempts: u32,
    /// Whether another one is expected.
    pub expected: bool,
}

impl Unfolded {
    fn rows(self) -> usize {
        self.attempts as usize + usize::from(self.expected)
    }
}

/// The rows of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    order: Order,
    /// By place: the place, what is beneath, and how many rows stand beneath those before it.
    unfolded: Vec<(usize, Unfolded, usize)>,
    total: usize,
}

impl Default for Rows {
    fn default() -> Self {
        Self::new(Order::Arrival(0), std::iter::empty())
    }
}

impl Rows {
    /// The rows of these events, of which some are unfolded.
    pub fn new(order: Order, unfolded: impl Iterator<Item = (EventNumber, Unfolded)>) -> Self {
        let mut placed: Vec<_> = unfolded
            .filter_map(|(event, beneath)| Some((order.place(event)?, beneath, 0)))
            .collect();
        placed.sort_unstable_by_key(|(place, ..)| *place);
        let mut before = 0;
        for (_, beneath, rows_before) in &mut placed {
            *rows_before = before;
            before += beneath.rows();
        }
        Self {
            total: order.len() + before,
            unfolded: placed,
            order,
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.total
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The events shown.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// What stands in a row.
    #[must_use]
    pub fn at(&self, row: usize) -> Option<Place> {
        if row >= self.total {
            return None;
        }
        let after = self
            .unfolded
            .partition_point(|(place, _, before)| place + before <= row);
        let Some((place, beneath, before)) = after.checked_sub(1).map(|at| self.unfolded[at])
        else {
            return self.order.at(row).map(Place::Event);
        };
        let inside = row - (place + before);
        if inside == 0 {
            return self.order.at(place).map(Place::Event);
        }
        if inside > beneath.rows() {
            return self
                .order
                .at(row - before - beneath.rows())
                .map(Place::Event);
        }
        let event = self.order.at(place)?;
        Some(match u32::try_from(inside - 1) {
            Ok(attempt) if attempt < beneath.attempts => Place::Attempt(event, attempt),
            _ => Place::Expected(event),
        })
    }

    /// The row of an event, or of one of its attempts if it is unfolded.
    #[must_use]
    pub fn row_of(&self, event: EventNumber, attempt: Option<u32>) -> Option<usize> {
        let place = self.order.place(event)?;
        let at = self.unfolded.partition_point(|(other, ..)| *other < place);
        let before = self
            .unfolded
            .get(at)
            .map_or_else(|| self.total - self.order.len(), |(_, _, before)| *before);
        let own = self.unfolded.get(at).filter(|(other, ..)| *other == place);
        let inside = match (own, attempt) {
            (Some((_, beneath, _)), Some(attempt)) if attempt < beneath.attempts => {
                1 + attempt as usize
            }
            _ => 0,
        };
        Some(place + before + inside)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn beneath(attempts: u32, expected: bool) -> Unfolded {
        Unfolded { attempts, expected }
    }

    #[test]
    fn attempts_stand_beneath_their_event_and_the_expected_one_comes_last() {
        let rows = Rows::new(Order::Arrival(3), [(1, beneath(2, true))].into_iter());
        let all: Vec<_> = (0..rows.len()).filter_map(|row| rows.at(row)).collect();
        assert_eq!(
            all,
            [
                Place::Event(0),
                Place::Event(1),
                Place::Attempt(1, 0),
                Place::Attempt(1, 1),
                Place::Expected(1),
                Place::Event(2),
            ]
        );
        assert_eq!(rows.at(6), None);
    }

    #[test]
    fn events_that_are_not_shown_have_no_row() {
        let rows = Rows::new(
            Order::Chosen(vec![4, 7]),
            [(7, beneath(1, false)), (5, beneath(3, true))].into_iter(),
        );
        assert_eq!(rows.len(), 3);
        assert_eq!(rows.row_of(5, None), None);
        assert_eq!(rows.row_of(7, Some(0)), Some(2));
    }

    proptest! {
        #[test]
        fn every_row_leads_to_what_stands_there_and_back(
            count in 1_usize..60,
            unfolded in prop::collection::btree_map(0_u32..60, (1_u32..5, any::<bool>()), 0..20),
        ) {
            let rows = Rows::new(
                Order::Arrival(count),
                unfolded.iter().map(|(event, (attempts, expected))| (*event, beneath(*attempts, *expected))),
            );
            for row in 0..rows.len() {
                match rows.at(row).unwrap() {
                    Place::Event(event) => prop_assert_eq!(rows.row_of(event, None), Some(row)),
                    Place::Attempt(event, attempt) => {
                        prop_assert_eq!(rows.row_of(event, Some(attempt)), Some(row));
                    }
                    Place::Expected(event) => prop_assert_eq!(rows.at(row - 1).unwrap().event(), event),
                }
            }
            prop_assert_eq!(rows.at(rows.len()), None);
        }
    }
}
