//! Values along a bone: smooth through their stations, without overshoot.

/// The row at `at` of a table whose first column rises: monotone cubic (Fritsch and Carlson), flat beyond.
pub(crate) fn profile<const N: usize>(stations: &[[f64; N]], at: f64) -> [f64; N] {
    let mut row = [0.0; N];
    let Some(last) = stations.len().checked_sub(1) else { return row };
    let get = |i: usize, column: usize| {
        stations.get(i.min(last)).and_then(|s| s.get(column)).copied().unwrap_or(0.0)
    };
    let i = stations.iter().skip(1).take_while(|s| s.first().is_some_and(|&x| x <= at)).count().min(last);
    let next = (i + 1).min(last);
    let slope = |i: usize, column: usize| {
        let run = get(i + 1, 0) - get(i, 0);
        if run > 1e-12 { (get(i + 1, column) - get(i, column)) / run } else { 0.0 }
    };
    let tangent = |i: usize, column: usize| {
        if i == 0 {
            return slope(0, column);
        }
        if i >= last {
            return slope(last.saturating_sub(1), column);
        }
        let (a, b) = (slope(i - 1, column), slope(i, column));
        if a * b <= 0.0 { 0.0 } else { 2.0 * a * b / (a + b) }
    };
    let run = get(next, 0) - get(i, 0);
    for (column, value) in row.iter_mut().enumerate() {
        if run <= 1e-12 || at <= get(i, 0) {
            *value = get(i, column);
            continue;
        }
        let t = ((at - get(i, 0)) / run).min(1.0);
        let (t2, t3) = (t * t, t * t * t);
        *value = get(i, column) * (2.0 * t3 - 3.0 * t2 + 1.0)
            + get(next, column) * (3.0 * t2 - 2.0 * t3)
            + run * (tangent(i, column) * (t3 - 2.0 * t2 + t) + tangent(next, column) * (t3 - t2));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::profile;

    #[test]
    fn a_profile_meets_its_stations_and_stays_between_them() {
        let table = [[0.0, 8.0], [0.1, 8.2], [0.5, 4.0], [1.0, 7.0]];
        for [at, value] in table {
            assert!((profile(&table, at)[1] - value).abs() < 1e-12, "{at}");
        }
        for i in 0_i32..=100 {
            let [_, value] = profile(&table, f64::from(i) / 100.0);
            assert!((3.999..=8.201).contains(&value), "{i}: {value}");
        }
        assert!((profile(&table, 2.0)[1] - 7.0).abs() < 1e-12);
    }
}
