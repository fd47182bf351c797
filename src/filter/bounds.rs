//! Comparisons: `3`, `>3`, `>=3`, `<3`, `<=3`, `1..5`, `1..`, `..5`.

use std::fmt;

use super::quantity::Quantity;

/// What a quantity must be. Ranges include both their ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds<Q> {
    /// This much.
    Is(Q),
    /// More.
    More(Q),
    /// This much or more.
    AtLeast(Q),
    /// Less.
    Less(Q),
    /// This much or less.
    AtMost(Q),
    /// From the first to the second.
    Between(Q, Q),
}

/// Why a text is no comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BoundsProblem {
    /// This part of it, at this byte, is not a quantity.
    NotAQuantity(usize),
    /// The first end is above the second.
    Empty,
}

impl<Q: Copy + Ord> Bounds<Q> {
    /// Whether `value` is within.
    #[must_use]
    pub fn contain(&self, value: Q) -> bool {
        match *self {
            Self::Is(bound) => value == bound,
            Self::More(bound) => value > bound,
            Self::AtLeast(bound) => value >= bound,
            Self::Less(bound) => value < bound,
            Self::AtMost(bound) => value <= bound,
            Self::Between(least, most) => least <= value && value <= most,
        }
    }
}

/// Makes bounds of one quantity.
type Side<Q> = fn(Q) -> Bounds<Q>;

/// Reads all of `text`.
pub(super) fn read<Q: Quantity>(text: &str) -> Result<Bounds<Q>, BoundsProblem> {
    let quantity = |at: usize, text: &str| Q::read(text).ok_or(BoundsProblem::NotAQuantity(at));
    if let Some((least, most)) = text.split_once("..") {
        let most_at = least.len() + 2;
        return match (least, most) {
            ("", most) => Ok(Bounds::AtMost(quantity(most_at, most)?)),
            (least, "") => Ok(Bounds::AtLeast(quantity(0, least)?)),
            (least, most) => {
                let (least, most) = (quantity(0, least)?, quantity(most_at, most)?);
                if least > most {
                    return Err(BoundsProblem::Empty);
                }
                Ok(Bounds::Between(least, most))
            }
        };
    }
    let operators: [(&str, Side<Q>); 5] = [
        (">=", Bounds::AtLeast),
        ("<=", Bounds::AtMost),
        (">", Bounds::More),
        ("<", Bounds::Less),
        ("=", Bounds::Is),
    ];
    for (operator, bounds) in operators {
        if let Some(rest) = text.strip_prefix(operator) {
            return quantity(operator.len(), rest).map(bounds);
        }
    }
    quantity(0, text).map(Bounds::Is)
}

/// Writes them so that they read back.
pub(super) fn write<Q: Quantity>(
    bounds: Bounds<Q>,
    formatter: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let (operator, bound) = match bounds {
        Bounds::Is(bound) => ("", bound),
        Bounds::More(bound) => (">", bound),
        Bounds::AtLeast(bound) => (">=", bound),
        Bounds::Less(bound) => ("<", bound),
        Bounds::AtMost(bound) => ("<=", bound),
        Bounds::Between(least, most) => {
            least.write(formatter)?;
            ("..", most)
        }
    };
    formatter.write_str(operator)?;
    bound.write(formatter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_comparison_reads() {
        assert_eq!(read::<u64>("3"), Ok(Bounds::Is(3)));
        assert_eq!(read::<u64>("=3"), Ok(Bounds::Is(3)));
        assert_eq!(read::<u64>(">3"), Ok(Bounds::More(3)));
        assert_eq!(read::<u64>(">=3"), Ok(Bounds::AtLeast(3)));
        assert_eq!(read::<u64>("<3"), Ok(Bounds::Less(3)));
        assert_eq!(read::<u64>("<=3"), Ok(Bounds::AtMost(3)));
        assert_eq!(read::<u64>("1..5"), Ok(Bounds::Between(1, 5)));
        assert_eq!(read::<u64>("1.."), Ok(Bounds::AtLeast(1)));
        assert_eq!(read::<u64>("..5"), Ok(Bounds::AtMost(5)));
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        assert_eq!(read::<u64>(">x"), Err(BoundsProblem::NotAQuantity(1)));
        assert_eq!(read::<u64>("1..x"), Err(BoundsProblem::NotAQuantity(3)));
        assert_eq!(read::<u64>("5..1"), Err(BoundsProblem::Empty));
        assert_eq!(read::<u64>(".."), Err(BoundsProblem::NotAQuantity(2)));
    }

    #[test]
    fn ranges_include_their_ends_and_comparisons_do_as_they_say() {
        assert!(Bounds::Between(1, 5).contain(1) && Bounds::Between(1, 5).contain(5));
        assert!(!Bounds::Between(1, 5).contain(6));
        assert!(!Bounds::More(3).contain(3) && Bounds::AtLeast(3).contain(3));
        assert!(!Bounds::Less(3).contain(3) && Bounds::AtMost(3).contain(3));
    }
}
