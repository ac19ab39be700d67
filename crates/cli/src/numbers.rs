//! Numbers as people read them. JSON and files keep them as they are.

/// A count with its thousands separated: 12,345.
pub(super) fn count(number: u64) -> String {
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

/// A share in per cent, with two significant digits: 1.6 %.
pub(super) fn percent(share: f64) -> String {
    let value = 100.0 * share;
    if value == 0.0 || !value.is_finite() {
        return format!("{value} %");
    }
    let decimals = (1.0 - value.abs().log10().floor()).clamp(0.0, 12.0) as usize;
    let text = format!("{value:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text} %")
}

/// A target rate: "1 in 1,000" where it is one, else in per cent.
pub(super) fn rate(rate: f64) -> String {
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
    }
}
