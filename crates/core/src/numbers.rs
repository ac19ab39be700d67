//! Numbers as people read them. JSON and files keep them as they are.

/// A count with its thousands separated: 12,345.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many decimals give a percentage two significant digits; 0 for one that is not positive.
pub fn percent_decimals(percent: f64) -> usize {
    let found = 1.0 - percent.log10().floor();
    if percent > 0.0 && found.is_finite() { found.clamp(0.0, 12.0) as usize } else { 0 }
}

/// A number rounded up to so many decimals, so that an upper bound stays one.
pub fn rounded_up(value: f64, decimals: usize) -> f64 {
    let scale = 10_f64.powi(decimals as i32);
    // A little less, so that a number which is round but for its last bits is not rounded up.
    (value * scale * (1.0 - 1e-9)).ceil() / scale
}

/// A share in per cent, with two significant digits: 1.6 %.
pub fn percent(share: f64) -> String {
    let value = 100.0 * share;
    in_percent(value, percent_decimals(value))
}

/// The same for an upper bound, which is rounded up.
pub fn percent_at_most(share: f64) -> String {
    let value = 100.0 * share;
    let decimals = percent_decimals(value);
    in_percent(rounded_up(value, decimals), decimals)
}

fn in_percent(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text} %")
}

/// A target rate: "1 in 1,000" where it is one, else in per cent.
pub fn rate(rate: f64) -> String {
    let inverse = (1.0 / rate).round();
    match (2.0..=1e15).contains(&inverse) && (inverse * rate - 1.0).abs() < 1e-9 {
        true => format!("1 in {}", count(inverse as u64)),
        false => percent(rate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0.015_521, 0.001, 1.234e-6, 0.995, 1.0, 0.0].map(percent),
            ["1.6 %", "0.1 %", "0.00012 %", "100 %", "100 %", "0 %"]
        );
        assert_eq!(
            [1e-3, 1e-6, 0.5, 0.3].map(rate),
            ["1 in 1,000", "1 in 1,000,000", "1 in 2", "30 %"]
        );
        assert!([f64::NAN, -1.0, f64::INFINITY].iter().all(|odd| percent(*odd).ends_with('%')));
    }

    #[test]
    fn an_upper_bound_stays_one() {
        assert_eq!(
            [0.015_48, 0.015_01, 0.001, 0.0, 0.992].map(percent_at_most),
            ["1.6 %", "1.6 %", "0.1 %", "0 %", "100 %"]
        );
    }
}
