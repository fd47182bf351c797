//! Which deliveries a percentage picks: a function of seed and position, and of nothing else.
//!
//! The algorithm is part of what a seed means, so it never changes: SplitMix64 (Steele, Lea and
//! Flood, 2014), jumped to by position.

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Whether the delivery at this position (from 1) is picked. Rules of one seed draw apart from each
/// other by their `rule` number.
pub(super) fn picks(seed: u64, rule: u64, position: u64, percent: u8) -> bool {
    let stream = if rule == 0 {
        seed
    } else {
        seed ^ mix(rule.wrapping_mul(GOLDEN))
    };
    let draw = mix(stream.wrapping_add(position.wrapping_mul(GOLDEN)));
    (u128::from(draw) * 100) >> 64 < u128::from(percent)
}

fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_are_those_of_splitmix64() {
        // The first three outputs for seed 1234567, as its authors' code prints them.
        let outputs = [1_u64, 2, 3].map(|step| mix(1_234_567 + step.wrapping_mul(GOLDEN)));
        assert_eq!(
            outputs,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn a_seed_always_picks_the_same_positions() {
        let picked = |seed| -> Vec<_> { (1..=20).filter(|at| picks(seed, 0, *at, 30)).collect() };
        assert_eq!(picked(42), [2, 3, 5, 7, 11, 16, 17, 19]);
        assert_ne!(picked(43), picked(42));
    }

    #[test]
    fn three_in_ten_are_three_in_ten_in_the_long_run() {
        for seed in 0..20 {
            let hits = (1..=10_000).filter(|at| picks(seed, 0, *at, 30)).count();
            assert!((2_800..=3_200).contains(&hits), "seed {seed}: {hits}");
        }
    }

    #[test]
    fn all_are_picked_at_a_hundred_percent() {
        assert!((1..=1_000).all(|at| picks(7, 0, at, 100)));
    }

    #[test]
    fn two_rules_of_one_seed_draw_apart() {
        let both = (1..=10_000)
            .filter(|at| picks(7, 0, *at, 50) && picks(7, 1, *at, 50))
            .count();
        assert!((2_300..=2_700).contains(&both), "{both}");
    }
}
