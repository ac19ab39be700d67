//! One thread reads blocks, several parse them, and the caller's thread takes them in order.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;

use super::input::{Block, BlockReader};
use super::parsed::{Parsed, Tables};
use crate::Result;

/// Parsing threads by default.
pub(super) fn threads(wanted: usize) -> usize {
    match wanted {
        0 => std::thread::available_parallelism().map_or(1, usize::from).min(8),
        wanted => wanted.min(64),
    }
}

/// What travels between the threads; there is a fixed number of them, which bounds the memory.
#[derive(Default)]
struct Parcel {
    block: Block,
    parsed: Parsed,
    /// Strings that the worker saw for the first time in this block.
    new: NewSymbols,
    worker: usize,
}

/// Strings that one worker saw for the first time, in order, by table.
#[derive(Default)]
pub(super) struct NewSymbols {
    pub(super) subjects: Vec<Box<str>>,
    pub(super) groups: Vec<Vec<Box<str>>>,
    pub(super) failures: Vec<Box<str>>,
    pub(super) species: Vec<Box<str>>,
}

impl NewSymbols {
    /// Takes the strings from `known` on, and records how many are known now.
    pub(super) fn collect(&mut self, tables: &Tables, known: &mut Known) {
        self.subjects = tables.subjects.since(&mut known.subjects);
        known.groups.resize(tables.groups.len(), 0);
        self.groups = tables
            .groups
            .iter()
            .zip(&mut known.groups)
            .map(|(table, known)| table.since(known))
            .collect();
        self.failures = tables.failures.since(&mut known.failures);
        self.species = tables.species.since(&mut known.species);
    }
}

/// How many strings of each table have been handed over.
#[derive(Default)]
pub(super) struct Known {
    subjects: usize,
    groups: Vec<usize>,
    failures: usize,
    species: usize,
}

type Parcels = (u64, Result<Parcel>);

/// Parses every block on `threads` threads and passes the results to `take` in the order of the
/// file, with the number of the worker whose codes they use. The first error in that order ends the
/// run and is returned.
pub(super) fn run(
    reader: &mut BlockReader,
    first: Block,
    threads: usize,
    attributes: usize,
    parse: &(impl Fn(&mut Block, &mut Tables, &mut Parsed) -> Result<()> + Sync),
    mut take: impl FnMut(usize, &NewSymbols, &mut Parsed) -> Result<()>,
) -> Result<()> {
    let first = Mutex::new(Some(first));
    let (free_sender, free) = channel::<Parcel>();
    for _ in 0..2 * threads + 2 {
        // The receiver lives as long as this function.
        let _ = free_sender.send(Parcel::default());
    }
    let (work_sender, work) = channel::<(u64, Parcel)>();
    let work = Mutex::new(work);
    let (done_sender, done) = channel::<Parcels>();
    let spread = std::thread::scope(|scope| {
        let mut workers = 0;
        for worker in 0..threads {
            let (work, done_sender) = (&work, done_sender.clone());
            let work = move || work_all(worker, attributes, work, &done_sender, parse);
            // As many as the system allows.
            if Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
            workers += 1;
        }
        let (reader, first, reading_done) = (&mut *reader, &first, done_sender.clone());
        let read = move || read_all(reader, first, &free, &work_sender, &reading_done);
        let reading = workers > 0 && Builder::new().spawn_scoped(scope, read).is_ok();
        drop(done_sender);
        if !reading {
            return Ok(false);
        }
        // Leaving this closure drops both ends of the channels, which stops the threads.
        let (free_sender, done) = (free_sender, done);
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        while let Ok((sequence, parcel)) = done.recv() {
            waiting.insert(sequence, parcel);
            while let Some(parcel) = waiting.remove(&next) {
                let mut parcel = parcel?;
                take(parcel.worker, &parcel.new, &mut parcel.parsed)?;
                next += 1;
                // The reader may already have finished.
                let _ = free_sender.send(parcel);
            }
        }
        Ok(true)
    })?;
    let first = first.into_inner().unwrap_or_else(PoisonError::into_inner);
    match first {
        Some(first) if !spread => alone(reader, first, attributes, parse, take),
        _ => Ok(()),
    }
}

/// The same on the caller's thread, if the system does not allow another thread.
fn alone(
    reader: &mut BlockReader,
    first: Block,
    attributes: usize,
    parse: &impl Fn(&mut Block, &mut Tables, &mut Parsed) -> Result<()>,
    mut take: impl FnMut(usize, &NewSymbols, &mut Parsed) -> Result<()>,
) -> Result<()> {
    let (mut tables, mut known) = (Tables::new(attributes), Known::default());
    let mut parcel = Parcel { block: first, ..Parcel::default() };
    loop {
        parcel.parsed.clear(attributes);
        parse(&mut parcel.block, &mut tables, &mut parcel.parsed)?;
        parcel.new.collect(&tables, &mut known);
        take(parcel.worker, &parcel.new, &mut parcel.parsed)?;
        match reader.next(std::mem::take(&mut parcel.block.bytes))? {
            Some(block) => parcel.block = block,
            None => return Ok(()),
        }
    }
}

fn read_all(
    reader: &mut BlockReader,
    first: &Mutex<Option<Block>>,
    free: &Receiver<Parcel>,
    work: &Sender<(u64, Parcel)>,
    done: &Sender<Parcels>,
) {
    for sequence in 0.. {
        let Ok(mut parcel) = free.recv() else { return };
        let block = match first.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(block) => Ok(Some(block)),
            None => reader.next(std::mem::take(&mut parcel.block.bytes)),
        };
        let sent = match block {
            Ok(Some(block)) => {
                parcel.block = block;
                work.send((sequence, parcel)).is_ok()
            }
            Ok(None) => false,
            Err(error) => {
                let _ = done.send((sequence, Err(error)));
                false
            }
        };
        if !sent {
            return;
        }
    }
}

fn work_all(
    worker: usize,
    attributes: usize,
    work: &Mutex<Receiver<(u64, Parcel)>>,
    done: &Sender<Parcels>,
    parse: &impl Fn(&mut Block, &mut Tables, &mut Parsed) -> Result<()>,
) {
    let mut tables = Tables::new(attributes);
    let mut known = Known::default();
    loop {
        // A poisoned lock means that another worker panicked: the scope will pass that on.
        let Ok(received) = work.lock().map(|work| work.recv()) else { return };
        let Ok((sequence, mut parcel)) = received else { return };
        parcel.parsed.clear(attributes);
        parcel.worker = worker;
        let parsed = parse(&mut parcel.block, &mut tables, &mut parcel.parsed);
        let result = parsed.map(|()| {
            parcel.new.collect(&tables, &mut known);
            parcel
        });
        let failed = result.is_err();
        if done.send((sequence, result)).is_err() || failed {
            return;
        }
    }
}
