// explore SET SPLIT N PER KINDS LIGHT FPS
use evenmatch::pad::{simulate::*, *};
use evenmatch::{Digest, Policy, Sample, Verifier, model::Profile, mesh::FaceMesh};
use std::time::Duration;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (set, split, skip, count) = (&args[1], args[2].as_str(), args[3].parse::<usize>().unwrap(), args[4].parse::<usize>().unwrap());
    let (light, fps) = (args[6].parse().unwrap(), args[7].parse().unwrap());
    let kinds: Vec<SimulatedKind> = SimulatedKind::ALL.into_iter().filter(|k| args[5] == "all" || args[5].split(',').any(|s| s == k.species())).collect();
    let v = Verifier::open(Profile::Throughput { workers: 2 }, Policy::default()).unwrap();
    let mesh = FaceMesh::open(Profile::Throughput { workers: 2 }).unwrap();
    let an = FrameAnalyser::new(v.detector().clone(), mesh.clone(), v.embedder().clone());
    let data = std::path::Path::new("../shared/data");
    let mut rows = csv::Reader::from_path(data.join(format!("{set}.csv"))).unwrap();
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    let mut last = String::new();
    let per: usize = std::env::var("PER").map_or(usize::MAX, |p| p.parse().unwrap());
    let mut n = 0;
    for row in rows.records() {
        let row = row.unwrap();
        if row[1] == last { continue }
        last = row[1].to_owned();
        let odd = Digest::of(row[1].as_bytes()).as_bytes()[0] % 2;
        if (split == "tune") != (odd == 0) { continue }
        let race = row[3].to_owned();
        if set == "fairface" && seen.get(&race).copied().unwrap_or(0) >= per { continue }
        let photo = image::open(data.join(&row[0])).unwrap().to_rgb8();
        let d = v.detector().detect(&Sample::from_rgb(photo.clone())).unwrap();
        if d.faces.len() != 1 { continue }
        let face = &d.faces[0];
        let seed = u64::from_le_bytes(Digest::of(row[1].as_bytes()).as_bytes()[..8].try_into().unwrap());
        let Some(actor) = Actor::from_photo(&photo, face.landmarks(), &mesh, seed).unwrap() else { continue };
        n += 1;
        if n <= skip { continue }
        if n > skip + count { break }
        *seen.entry(race.clone()).or_default() += 1;
        let mut s = *Digest::of(&seed.to_le_bytes()).as_bytes(); s[31] = 1;
        let ch = Challenge::from_seed(s, 3, 0).unwrap();
        use rayon::prelude::*;
        kinds.par_iter().for_each(|kind| {
            let t0 = std::time::Instant::now();
            let mut spent = Duration::ZERO;
            let take = Take::new(&actor, *kind, &ch, TakeSettings { light, fps, seed }).unwrap();
            let mut session = LivenessSession::new(ch.clone(), an.clone());
            let mut frames = 0;
            for (image, ms) in take { frames += 1; let t = std::time::Instant::now(); session.feed(&image, Duration::from_millis(ms)).unwrap(); spent += t.elapsed(); }
            let r = session.finish();
            println!("{race}\t{}\t{:?}\t{:.3}\t{}\trelief {:.2}±{:.2} n{} h{:.3} s{:.3}\tlike {:.2}\tframes {}/{}\t{:?}\tlook {:?} all {:?}\t{}", kind.species(), r.outcome, r.score,
                r.findings.iter().map(|f| f.to_string()).collect::<Vec<_>>().join("+"), r.parallax.relief, r.parallax.relief_error, r.parallax.frames, r.parallax.homography_residual, r.parallax.solid_residual, r.least_likeness.unwrap_or(-1.0), r.frames_with_face, r.frames,
                r.steps.iter().map(|s| format!("{}:{:.2}/{:.2}{}@{:?}", s.step, s.reached, s.needed, if s.done { "+" } else { "-" }, s.began_after_ms.unwrap_or(-1))).collect::<Vec<_>>(), spent / frames, t0.elapsed() / frames, row[0].to_owned());
        });
    }
}
