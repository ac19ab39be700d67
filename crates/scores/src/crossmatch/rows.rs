//! The templates in the order in which they are compared, and the people in them.

use std::ops::Range;

use evenmatch_core::{Error, ErrorKind, Result, Stage};

/// How far a template's length may be from 1.
const UNIT_TOLERANCE: f64 = 1e-3;

/// Offsets are rounded to whole multiples of its inverse.
const GRID: f32 = (1 << 22) as f32;

/// The maximum number of classes. Each pair of classes has its own counts, so many more would fill
/// any memory.
const CLASSES: usize = 512;

/// Unit-length templates sorted by class, subject and original row.
#[derive(Debug)]
pub(super) struct Rows {
    dimension: usize,
    values: Vec<f32>,
    /// With offsets, the second factor of every product differs from the first: see
    /// [`Rows::set_offsets`].
    columns: Option<Vec<f32>>,
    /// The caller's number of each row.
    original: Vec<u32>,
    /// The classes that occur, ascending, each with its rows.
    classes: Vec<(u16, Range<usize>)>,
    /// Index in `firsts` of each row's subject.
    subject: Vec<u32>,
    /// Where each subject's stretches begin in `stretches`, and the end.
    firsts: Vec<u32>,
    /// Rows of one subject in one class; by subject, then ascending.
    stretches: Vec<Range<u32>>,
}

impl Rows {
    pub(super) fn new(
        dimension: usize,
        values: &[f32],
        subject: &[u32],
        class: &[u16],
    ) -> Result<Rows> {
        let n = check_lengths(dimension, values, subject, class)?;
        check_templates(dimension, values)?;
        let mut original: Vec<u32> = (0..n).collect();
        original.sort_unstable_by_key(|&row| (class[row as usize], subject[row as usize], row));
        let class_of = |row: &u32| class[*row as usize];
        let subject_of = |row: &u32| subject[*row as usize];

        let mut classes = Vec::new();
        let mut stretches: Vec<(u32, Range<u32>)> = Vec::new();
        let mut end = 0;
        for rows in original.chunk_by(|a, b| class_of(a) == class_of(b)) {
            let start = end as usize;
            for rows in rows.chunk_by(|a, b| subject_of(a) == subject_of(b)) {
                let first = end;
                end += rows.len() as u32;
                stretches.push((subject_of(&rows[0]), first..end));
            }
            classes.push((class_of(&rows[0]), start..end as usize));
        }
        if classes.len() > CLASSES {
            let message = format!("there are {} classes; the maximum is {CLASSES}", classes.len());
            return Err(Error::new(ErrorKind::LimitExceeded, Stage::Compare, message)
                .next("use fewer groups"));
        }

        stretches.sort_unstable_by_key(|(subject, rows)| (*subject, rows.start));
        let mut subject_places = vec![0; n as usize];
        let mut firsts = vec![0];
        for of_one in stretches.chunk_by(|a, b| a.0 == b.0) {
            let place = firsts.len() as u32 - 1;
            for (_, rows) in of_one {
                subject_places[rows.start as usize..rows.end as usize].fill(place);
            }
            firsts.push(firsts[place as usize] + of_one.len() as u32);
        }
        let sorted = original
            .iter()
            .flat_map(|&row| &values[row as usize * dimension..][..dimension])
            .copied();
        let mut values = Vec::with_capacity(values.len());
        values.extend(sorted);
        Ok(Rows {
            dimension,
            values,
            columns: None,
            original,
            classes,
            subject: subject_places,
            firsts,
            stretches: stretches.into_iter().map(|(_, rows)| rows).collect(),
        })
    }

    /// Takes one offset per row, in the caller's order of the rows.
    pub(super) fn set_offsets(&mut self, offsets: &[f32]) -> Result<()> {
        if self.columns.is_some() {
            return Err(invalid("the templates already have offsets".to_owned()));
        }
        if offsets.len() != self.len() {
            let message = format!("{} templates have {} offsets", self.len(), offsets.len());
            return Err(invalid(message));
        }
        // Scores are between −1 and 1, so nothing larger is meaningful.
        if let Some(place) = offsets.iter().position(|offset| !(-2.0..=2.0).contains(offset)) {
            return Err(invalid(format!("the offset of template {place} is {}", offsets[place])));
        }
        // (o, 1, x) · (1, p, y) is o + p + x·y. On a grid of 2⁻²² the first two are added without
        // rounding, so a score does not depend on which of its rows comes first.
        let on_grid = |offset: f32| (offset * GRID).round() / GRID;
        let width = self.dimension + 2;
        let mut rows = Vec::with_capacity(self.len() * width);
        let mut columns = Vec::with_capacity(self.len() * width);
        for (&row, values) in self.original.iter().zip(self.values.chunks_exact(self.dimension)) {
            let offset = on_grid(offsets[row as usize]);
            rows.extend([offset, 1.0].iter().chain(values));
            columns.extend([1.0, offset].iter().chain(values));
        }
        (self.dimension, self.values, self.columns) = (width, rows, Some(columns));
        Ok(())
    }

    /// The second factors of these rows' products.
    pub(super) fn columns(&self, rows: &Range<usize>) -> &[f32] {
        let values = self.columns.as_ref().unwrap_or(&self.values);
        &values[rows.start * self.dimension..rows.end * self.dimension]
    }

    pub(super) fn len(&self) -> usize {
        self.original.len()
    }

    /// The templates of these rows, one after the other.
    pub(super) fn values(&self, rows: &Range<usize>) -> &[f32] {
        &self.values[rows.start * self.dimension..rows.end * self.dimension]
    }

    /// The caller's number of a row.
    pub(super) fn original(&self, row: usize) -> u32 {
        self.original[row]
    }

    /// The codes of the classes that occur, ascending.
    pub(super) fn class_codes(&self) -> Vec<u16> {
        self.classes.iter().map(|(code, _)| *code).collect()
    }

    /// These rows, split where the class changes; a class is identified by its position in
    /// [`Rows::class_codes`].
    pub(super) fn by_class(
        &self,
        rows: Range<usize>,
    ) -> impl Iterator<Item = (usize, Range<usize>)> {
        let first = self.classes.partition_point(|(_, class)| class.end <= rows.start);
        (first..self.classes.len())
            .map(move |place| (place, within(&self.classes[place].1, &rows)))
            .take_while(|(_, part)| !part.is_empty())
    }

    /// The stretches of `columns` that show the subject of `row`.
    pub(super) fn mated(
        &self,
        row: usize,
        columns: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> {
        let subject = self.subject[row] as usize;
        let all = &self.stretches[self.firsts[subject] as usize..self.firsts[subject + 1] as usize];
        let first = all.partition_point(|stretch| stretch.end as usize <= columns.start);
        all[first..]
            .iter()
            .map(move |stretch| within(&(stretch.start as usize..stretch.end as usize), &columns))
            .take_while(|part| !part.is_empty())
    }

    /// Calls `each` with every stretch of `columns` that shows other subjects than `row`.
    #[inline]
    pub(super) fn non_mated(
        &self,
        row: usize,
        columns: Range<usize>,
        mut each: impl FnMut(Range<usize>),
    ) {
        let mut next = columns.start;
        for mated in self.mated(row, columns.clone()) {
            if next < mated.start {
                each(next..mated.start);
            }
            next = mated.end;
        }
        if next < columns.end {
            each(next..columns.end);
        }
    }
}

fn within(part: &Range<usize>, whole: &Range<usize>) -> Range<usize> {
    part.start.max(whole.start)..part.end.min(whole.end)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, Stage::Compare, message)
}

/// The number of rows, if all lengths agree on one.
fn check_lengths(dimension: usize, values: &[f32], subject: &[u32], class: &[u16]) -> Result<u32> {
    if dimension == 0 {
        return Err(invalid("a template of dimension 0 cannot be compared".to_owned()));
    }
    let (n, rest) = (values.len() / dimension, values.len() % dimension);
    if rest != 0 {
        let message = format!(
            "{} values are not a whole number of templates of dimension {dimension}",
            values.len()
        );
        return Err(invalid(message).next("give the templates' actual dimension"));
    }
    if subject.len() != n || class.len() != n {
        return Err(invalid(format!(
            "{n} templates have {} subjects and {} classes",
            subject.len(),
            class.len()
        ))
        .next("give one subject and one class for each template"));
    }
    count_of_rows(n)
}

fn count_of_rows(n: usize) -> Result<u32> {
    u32::try_from(n).map_err(|_| {
        let message = format!("{n} templates are too many; at most {} can be numbered", u32::MAX);
        Error::new(ErrorKind::LimitExceeded, Stage::Compare, message)
            .next("compare the set in parts")
    })
}

fn check_templates(dimension: usize, values: &[f32]) -> Result<()> {
    for (row, template) in values.chunks_exact(dimension).enumerate() {
        if let Some(place) = template.iter().position(|value| !value.is_finite()) {
            return Err(invalid(format!("value {place} of template {row} is {}", template[place]))
                .next("make this template again: its values must be finite numbers"));
        }
        let length = template.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        if (length - 1.0).abs() > UNIT_TOLERANCE {
            return Err(invalid(format!("template {row} has length {length} instead of 1"))
                .next("divide each template by its length"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Templates of dimension 1: 1, for rows in which only subjects and classes matter.
    fn rows(subject: &[u32], class: &[u16]) -> Rows {
        Rows::new(1, &vec![1.0; subject.len()], subject, class).unwrap()
    }

    #[test]
    fn rows_are_sorted_and_keep_their_numbers() {
        let rows = rows(&[7, 3, 7, 3, 7], &[1, 0, 0, 0, 1]);
        assert_eq!(rows.original, [1, 3, 2, 0, 4]);
        assert_eq!(rows.classes, [(0, 0..3), (1, 3..5)]);
        assert_eq!(rows.by_class(1..4).collect::<Vec<_>>(), [(0, 1..3), (1, 3..4)]);
    }

    #[test]
    fn mated_and_non_mated_stretches_share_the_columns_out() {
        // In order: subject 3 at 0 and 1, 7 at 2 (class 0), 7 at 3 and 4, 9 at 5 (class 1).
        let rows = rows(&[7, 3, 7, 3, 7, 9], &[1, 0, 0, 0, 1, 1]);
        let non_mated = |row, columns| {
            let mut found = Vec::new();
            rows.non_mated(row, columns, |stretch| found.push(stretch));
            found
        };
        assert_eq!(rows.mated(2, 0..6).collect::<Vec<_>>(), [2..3, 3..5]);
        assert!(rows.mated(2, 4..6).eq(std::iter::once(4..5)));
        assert_eq!(rows.mated(0, 2..6).count(), 0);
        assert_eq!(non_mated(2, 0..6), [0..2, 5..6]);
        assert!(non_mated(3, 4..5).is_empty());
        assert!(non_mated(0, 2..6).into_iter().eq(std::iter::once(2..6)));
        assert!(non_mated(5, 6..6).is_empty());
    }

    #[test]
    fn what_cannot_be_compared_is_an_error() {
        let kind = |dimension, values: &[f32], subject: &[u32], class: &[u16]| {
            Rows::new(dimension, values, subject, class).unwrap_err().kind()
        };
        let argument = ErrorKind::InvalidArgument;
        assert_eq!(kind(0, &[], &[], &[]), argument);
        assert_eq!(kind(2, &[1.0, 0.0, 1.0], &[0], &[0]), argument);
        assert_eq!(kind(2, &[1.0, 0.0], &[0, 1], &[0]), argument);
        assert_eq!(kind(2, &[1.0, 0.0], &[0], &[]), argument);
        assert_eq!(kind(2, &[f32::NAN, 1.0], &[0], &[0]), argument);
        assert_eq!(kind(2, &[1.0, f32::INFINITY], &[0], &[0]), argument);
        assert_eq!(kind(2, &[1.002, 0.0], &[0], &[0]), argument);
        assert_eq!(kind(2, &[0.0, 0.0], &[0], &[0]), argument);
        assert!(Rows::new(2, &[1.0005, 0.0], &[0], &[0]).is_ok());
        let many: Vec<u16> = (0..=CLASSES as u16).collect();
        let subjects = vec![0; many.len()];
        assert_eq!(kind(1, &vec![1.0; many.len()], &subjects, &many), ErrorKind::LimitExceeded);
        assert!(count_of_rows(u32::MAX as usize).is_ok());
        assert_eq!(
            count_of_rows(u32::MAX as usize + 1).unwrap_err().kind(),
            ErrorKind::LimitExceeded
        );
    }
}
