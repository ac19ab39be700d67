//! The store of templates as a Parquet file.
//!
//! | Column | Type | |
//! |---|---|---|
//! | `entry` | int64 | index of the photo's first mention among the manifest's entries |
//! | `image_sha256` | 32 bytes | of the photo's file |
//! | `pipeline_key` | 32 bytes | see [`pipeline_key`](super::pipeline_key) |
//! | `failure_stage`, `failure_code` | text | null where a template was made |
//! | `attempt` | int32 | at which a face was first found, 1-based; or null |
//! | `faces` | int32 | faces found; null where the photo could not be decoded |
//! | `detection_score` | float | of the face that was used, 0 to 1; or null |
//! | `inter_eye_distance` | float | in pixels; or null |
//! | `template` | bytes | features of unit length, 32-bit floats, little-endian; or null |
//! | one a measurement | float | by its name; or null |
//!
//! The file's metadata names the form of the templates; a file that names none has plain ones.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, FloatType,
    Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::sample::{AcquiredSample, AcquisitionFailure};
use super::store::{TemplateStore, in_order};
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch::of_unit_length;
use evenmatch_audit::records::FailureStage;
use evenmatch_core::record::TemplateForm;

const SCHEMA: &str = "evenmatch.templates/1";
/// Rows of a row group: about 4 MB of templates.
const GROUP: usize = 8192;
/// The columns that every store has; all others are measurements.
const COLUMNS: [(&str, Physical); 10] = [
    ("entry", Physical::INT64),
    ("image_sha256", Physical::FIXED_LEN_BYTE_ARRAY),
    ("pipeline_key", Physical::FIXED_LEN_BYTE_ARRAY),
    ("failure_stage", Physical::BYTE_ARRAY),
    ("failure_code", Physical::BYTE_ARRAY),
    ("attempt", Physical::INT32),
    ("faces", Physical::INT32),
    ("detection_score", Physical::FLOAT),
    ("inter_eye_distance", Physical::FLOAT),
    ("template", Physical::FIXED_LEN_BYTE_ARRAY),
];

type ParquetResult<T> = Result<T, ParquetError>;

fn wrong(message: &str) -> ParquetError {
    ParquetError::General(message.to_owned())
}

impl TemplateStore {
    /// Reads a store.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] where the file cannot be read; [`ErrorKind::Corrupt`] where it is not a
    /// store of templates or is damaged.
    pub fn read(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|cause| {
            Error::io(Stage::Template, path, cause).next("make the templates with evenmatch embed")
        })?;
        decode(file).map_err(|cause| {
            let message = "this is not a store of templates, or it is damaged";
            Error::new(ErrorKind::Corrupt, Stage::Template, message)
                .in_path(path)
                .caused_by(cause)
                .next("delete the file and make the templates again")
        })
    }

    /// The store as a Parquet file. Equal stores give equal bytes.
    ///
    /// # Errors
    /// Rows without a digest, and templates of different lengths.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        to_bytes(self, &self.rows.iter().collect::<Vec<_>>())
    }

    /// The bytes of a store like this one with these rows, sorted by entry, each photo once.
    pub(super) fn with_rows(&self, rows: &[AcquiredSample]) -> Result<Vec<u8>> {
        let mut rows: Vec<&AcquiredSample> = rows.iter().collect();
        in_order(&mut rows);
        to_bytes(self, &rows)
    }
}

/// Encodes a store of these rows; the rows of `head` are ignored.
fn to_bytes(head: &TemplateStore, rows: &[&AcquiredSample]) -> Result<Vec<u8>> {
    encode(head, rows).map_err(|cause| {
        let message = "the templates could not be written as a Parquet file";
        Error::new(ErrorKind::InvalidRecord, Stage::Template, message).caused_by(cause)
    })
}

fn schema(measures: &[String], template_bytes: i32) -> ParquetResult<Type> {
    let mut fields = Vec::with_capacity(COLUMNS.len() + measures.len());
    for (column, (name, physical)) in COLUMNS.into_iter().enumerate() {
        let required = column < 3;
        let repetition = if required { Repetition::REQUIRED } else { Repetition::OPTIONAL };
        let mut field = Type::primitive_type_builder(name, physical).with_repetition(repetition);
        match physical {
            Physical::FIXED_LEN_BYTE_ARRAY if required => field = field.with_length(32),
            Physical::FIXED_LEN_BYTE_ARRAY => field = field.with_length(template_bytes),
            Physical::BYTE_ARRAY => field = field.with_logical_type(Some(LogicalType::String)),
            _ => {}
        }
        fields.push(Arc::new(field.build()?));
    }
    for name in measures {
        if name.is_empty() || COLUMNS.iter().any(|(known, _)| known == name) {
            return Err(wrong("a measurement cannot have the name of another column"));
        }
        let field = Type::primitive_type_builder(name, Physical::FLOAT)
            .with_repetition(Repetition::OPTIONAL);
        fields.push(Arc::new(field.build()?));
    }
    Type::group_type_builder("templates").with_fields(fields).build()
}

fn encode(store: &TemplateStore, rows: &[&AcquiredSample]) -> ParquetResult<Vec<u8>> {
    let length = rows.iter().find_map(|row| row.features.as_ref().map(Vec::len));
    // Even without any template, the schema needs a length.
    let length = length.unwrap_or(1);
    if rows.iter().any(|row| row.features.as_ref().is_some_and(|f| f.len() != length)) {
        return Err(wrong("the templates have different lengths"));
    }
    let bytes = i32::try_from(4 * length).map_err(|_| wrong("the templates are too long"))?;
    let mut facts = vec![
        ("evenmatch.schema", SCHEMA.to_owned()),
        ("evenmatch.pipeline", store.pipeline.to_string()),
        ("evenmatch.manifest", store.manifest.to_string()),
    ];
    if !store.form.is_unstated() {
        facts.push(("evenmatch.form", store.form.to_string()));
    }
    facts.extend(store.shard.map(|shard| ("evenmatch.shard", shard.to_string())));
    let facts = facts.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value));
    let plain = |properties: parquet::file::properties::WriterPropertiesBuilder, name: &str| {
        // Digests and features do not repeat and cannot be compressed.
        let path = ColumnPath::from(name);
        properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_compression(path, Compression::UNCOMPRESSED)
    };
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(facts.collect()))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_compression(Compression::SNAPPY);
    let properties = plain(plain(properties, "template"), "image_sha256").build();
    let mut out = Vec::new();
    let schema = Arc::new(schema(&store.measures, bytes)?);
    let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(properties))?;
    for rows in rows.chunks(GROUP) {
        let mut group = writer.next_row_group()?;
        encode_group(&mut group, rows, store)?;
        group.close()?;
    }
    writer.close()?;
    Ok(out)
}

fn encode_group(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    rows: &[&AcquiredSample],
    store: &TemplateStore,
) -> ParquetResult<()> {
    let digest =
        |digest: &Digest| FixedLenByteArray::from(ByteArray::from(digest.as_bytes().to_vec()));
    let text = |text: &str| ByteArray::from(text.as_bytes().to_vec());
    let failure = |row: &AcquiredSample, part: fn(&AcquisitionFailure) -> &str| {
        row.failure.as_ref().map(|failure| text(part(failure)))
    };
    let features = |features: &Vec<f32>| {
        let bytes: Vec<u8> = features.iter().flat_map(|f| f.to_le_bytes()).collect();
        FixedLenByteArray::from(ByteArray::from(bytes))
    };
    let entry = |row: &AcquiredSample| {
        i64::try_from(row.entry).map_err(|_| wrong("the manifest is too long"))
    };
    let entries = rows.iter().copied().map(entry).collect::<ParquetResult<Vec<_>>>()?;
    required::<Int64Type>(group, &entries)?;
    let photos = rows.iter().map(|row| row.sha256.as_ref().map(digest));
    let photos: Option<Vec<_>> = photos.collect();
    let photos = photos.ok_or_else(|| wrong("a photo has no digest"))?;
    required::<FixedLenByteArrayType>(group, &photos)?;
    required::<FixedLenByteArrayType>(group, &vec![digest(&store.pipeline); rows.len()])?;
    optional::<ByteArrayType>(group, rows.iter().map(|row| failure(row, |f| f.stage.name())))?;
    optional::<ByteArrayType>(group, rows.iter().map(|row| failure(row, |f| &f.code)))?;
    optional::<Int32Type>(group, rows.iter().map(|row| row.attempt.map(i32::from)))?;
    let faces = |row: &AcquiredSample| row.faces.map(|n| i32::try_from(n).unwrap_or(i32::MAX));
    optional::<Int32Type>(group, rows.iter().copied().map(faces))?;
    optional::<FloatType>(group, rows.iter().map(|row| row.detection_score))?;
    optional::<FloatType>(group, rows.iter().map(|row| row.inter_eye_distance))?;
    let templates = rows.iter().map(|row| row.features.as_ref().map(features));
    optional::<FixedLenByteArrayType>(group, templates)?;
    for place in 0..store.measures.len() {
        let of = |row: &AcquiredSample| row.measured.get(place).copied().flatten();
        optional::<FloatType>(group, rows.iter().copied().map(of))?;
    }
    Ok(())
}

fn required<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: &[T::T],
) -> ParquetResult<()> {
    write::<T>(group, values, None)
}

fn optional<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: impl Iterator<Item = Option<T::T>>,
) -> ParquetResult<()> {
    let mut present = Vec::new();
    let mut levels = Vec::new();
    for value in values {
        levels.push(i16::from(value.is_some()));
        present.extend(value);
    }
    write::<T>(group, &present, Some(&levels))
}

fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> ParquetResult<()> {
    let mut column = group.next_column()?.ok_or_else(|| wrong("there are too many columns"))?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

fn decode(file: File) -> ParquetResult<TemplateStore> {
    let reader = SerializedFileReader::new(file)?;
    let metadata = reader.metadata().file_metadata();
    let fact = |key: &str| {
        let facts = metadata.key_value_metadata().into_iter().flatten();
        facts.into_iter().find(|fact| fact.key == key).and_then(|fact| fact.value.clone())
    };
    if fact("evenmatch.schema").as_deref() != Some(SCHEMA) {
        return Err(wrong("the file was not written by this version of evenmatch"));
    }
    let digest = |key: &str| -> ParquetResult<Digest> {
        let text = fact(key).ok_or_else(|| wrong("a digest is missing"))?;
        text.parse().map_err(|cause| ParquetError::External(Box::new(cause)))
    };
    let (pipeline, manifest) = (digest("evenmatch.pipeline")?, digest("evenmatch.manifest")?);
    let form = match fact("evenmatch.form").as_deref() {
        None => TemplateForm::unstated(),
        Some("plain") => TemplateForm::Plain,
        Some("mirrored") => TemplateForm::Mirrored,
        Some(_) => return Err(wrong("this version does not know the form of its templates")),
    };
    let shard = fact("evenmatch.shard")
        .map(|text| text.parse().map_err(|cause: Error| ParquetError::External(Box::new(cause))));
    let shard = shard.transpose()?;
    let columns = metadata.schema_descr().columns();
    for (column, descriptor) in columns.iter().enumerate() {
        let (name, physical) =
            COLUMNS.get(column).copied().unwrap_or_else(|| (descriptor.name(), Physical::FLOAT));
        let level = i16::from(column >= 3);
        let fits = descriptor.name() == name
            && descriptor.physical_type() == physical
            && descriptor.max_rep_level() == 0
            && descriptor.max_def_level() == level;
        if !fits {
            return Err(ParquetError::General(format!("column {column} should be {name}")));
        }
    }
    if columns.len() < COLUMNS.len() {
        return Err(wrong("there are too few columns"));
    }
    let measures = columns[COLUMNS.len()..].iter().map(|c| c.name().to_owned()).collect();
    let mut store = TemplateStore { pipeline, manifest, form, shard, measures, rows: Vec::new() };
    for group in 0..reader.num_row_groups() {
        decode_group(&*reader.get_row_group(group)?, &mut store)?;
    }
    Ok(store)
}

fn decode_group(group: &dyn RowGroupReader, store: &mut TemplateStore) -> ParquetResult<()> {
    let count = usize::try_from(group.metadata().num_rows())
        .map_err(|_| wrong("the number of rows is negative"))?;
    let start = store.rows.len();
    for entry in int64(group, 0, count)? {
        let entry = entry.and_then(|entry| usize::try_from(entry).ok());
        let entry = entry.ok_or_else(|| wrong("the number of an entry is negative"))?;
        let mut row = AcquiredSample::bare(entry);
        row.measured = vec![None; store.measures.len()];
        store.rows.push(row);
    }
    let rows = &mut store.rows[start..];
    for (row, value) in rows.iter_mut().zip(fixed(group, 1, count)?) {
        row.sha256 = value.map(|bytes| digest(bytes.data())).transpose()?;
    }
    for value in fixed(group, 2, count)?.into_iter().flatten() {
        if digest(value.data())? != store.pipeline {
            return Err(wrong("the rows are from several pipelines"));
        }
    }
    let (stages, codes) = (text(group, 3, count)?, text(group, 4, count)?);
    for (row, failure) in rows.iter_mut().zip(stages.into_iter().zip(codes)) {
        row.failure = match failure {
            (None, None) => None,
            (Some(stage), Some(code)) => {
                let word = stage.as_utf8()?;
                let stage = FailureStage::ALL.into_iter().find(|stage| stage.name() == word);
                let stage = stage.ok_or_else(|| wrong("the stage of a failure is unknown"))?;
                Some(AcquisitionFailure { stage, code: code.as_utf8()?.to_owned() })
            }
            _ => return Err(wrong("a failure does not have both a stage and a code")),
        };
    }
    for (row, value) in rows.iter_mut().zip(int32(group, 5, count)?) {
        row.attempt =
            value.map(u8::try_from).transpose().map_err(|_| wrong("an attempt is out of range"))?;
    }
    for (row, value) in rows.iter_mut().zip(int32(group, 6, count)?) {
        row.faces = value
            .map(u32::try_from)
            .transpose()
            .map_err(|_| wrong("a number of faces is out of range"))?;
    }
    for (row, value) in rows.iter_mut().zip(float(group, 7, count)?) {
        row.detection_score = value;
    }
    for (row, value) in rows.iter_mut().zip(float(group, 8, count)?) {
        row.inter_eye_distance = value;
    }
    for (row, value) in rows.iter_mut().zip(fixed(group, 9, count)?) {
        row.features = value.map(|bytes| features(bytes.data())).transpose()?;
        if row.features.is_some() == row.failure.is_some() {
            return Err(wrong("a photo needs either a template or a failure"));
        }
    }
    for place in 0..store.measures.len() {
        let values = float(group, COLUMNS.len() + place, count)?;
        for (row, value) in rows.iter_mut().zip(values) {
            row.measured[place] = value;
        }
    }
    Ok(())
}

fn digest(bytes: &[u8]) -> ParquetResult<Digest> {
    let bytes = bytes.try_into().map_err(|_| wrong("a digest has the wrong length"))?;
    Ok(Digest::from_bytes(bytes))
}

fn features(bytes: &[u8]) -> ParquetResult<Vec<f32>> {
    let (values, rest) = bytes.as_chunks::<4>();
    let features: Vec<f32> = values.iter().map(|value| f32::from_le_bytes(*value)).collect();
    if rest.is_empty() && of_unit_length(&features) {
        return Ok(features);
    }
    Err(wrong("a template is not of unit length"))
}

/// A function that reads one column of a type; null is `None`.
macro_rules! column {
    ($name:ident, $variant:ident, $value:ty) => {
        fn $name(
            group: &dyn RowGroupReader,
            column: usize,
            count: usize,
        ) -> ParquetResult<Vec<Option<$value>>> {
            match group.get_column_reader(column)? {
                ColumnReader::$variant(mut reader) => values(&mut reader, count),
                _ => Err(wrong("a column has the wrong type")),
            }
        }
    };
}

column!(int32, Int32ColumnReader, i32);
column!(int64, Int64ColumnReader, i64);
column!(float, FloatColumnReader, f32);
column!(text, ByteArrayColumnReader, ByteArray);
column!(fixed, FixedLenByteArrayColumnReader, FixedLenByteArray);

fn values<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    count: usize,
) -> ParquetResult<Vec<Option<T::T>>> {
    let mut levels = Vec::new();
    let mut present = Vec::new();
    let mut rows = 0;
    while rows < count {
        let (read, _, _) =
            reader.read_records(count - rows, Some(&mut levels), None, &mut present)?;
        if read == 0 {
            return Err(wrong("a column ends too early"));
        }
        rows += read;
    }
    let mut present = present.into_iter();
    // Without definition levels every row has a value.
    let values: Vec<Option<T::T>> = (0..rows)
        .map(|row| levels.get(row).is_none_or(|level| *level > 0).then(|| present.next()).flatten())
        .collect();
    Ok(values)
}
