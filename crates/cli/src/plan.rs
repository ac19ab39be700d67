//! `evenmatch plan`: how many people and pairs a claim needs.

use clap::Args;
use serde::Serialize;

use super::exit::Exit;
use evenmatch_audit::{Design, people_for_pairs, rule_of_thirty, zero_error_trials};
use evenmatch_core::numbers::{count, percent, rate};
use evenmatch_core::{Error, ErrorKind, Stage};

const EXAMPLES: &str = "\
Examples:
  evenmatch plan
  evenmatch plan --rate 1e-3 --ratio 1.5 --design-effect 3
  evenmatch plan --rate 1e-3,1e-4 --json";

/// Calculate how many people and pairs a claim needs
///
/// Use it before collecting data.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PlanArguments {
    /// Error rates to plan for
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [1e-2, 1e-3, 1e-4])]
    rate: Vec<f64>,
    /// Smallest ratio between groups to detect: 1.25 means 25 % worse
    #[arg(long, value_name = "X", default_value_t = 1.25)]
    ratio: f64,
    /// Probability of a false alarm
    #[arg(long, value_name = "P", default_value_t = 0.05)]
    alpha: f64,
    /// Probability of detecting a real difference
    #[arg(long, value_name = "P", default_value_t = 0.8)]
    power: f64,
    /// Trials per independent trial, as reports give it (trials / n_eff; where people are weighed,
    /// people or pairs_of_people / n_eff); 1 if nobody is in two comparisons
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    design_effect: f64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Plan {
    schema: &'static str,
    ratio: f64,
    alpha: f64,
    power: f64,
    design_effect: f64,
    rates: Vec<PlannedRate>,
}

#[derive(Debug, Serialize)]
struct PlannedRate {
    rate: f64,
    /// Trials without an error that show a rate of at most this.
    zero_error_trials: u64,
    /// People whose exhaustive pairs reach that number, were pairs independent.
    zero_error_people_all_pairs: u64,
    /// Trials for thirty errors.
    rule_of_thirty_trials: u64,
    /// Trials to tell one group from a fixed rate, one-sided.
    one_sample_trials: u64,
    /// Trials per group to tell two groups apart, two-sided.
    two_sample_trials_per_group: u64,
}

/// Prints the plan.
pub(crate) fn run(arguments: PlanArguments) -> anyhow::Result<Exit> {
    let plan = plan(&arguments)?;
    if arguments.json {
        super::terminal::print_json(&plan)?;
    } else {
        print(&plan);
    }
    Ok(Exit::Done)
}

fn plan(arguments: &PlanArguments) -> evenmatch_core::Result<Plan> {
    let wrong = |message: String| {
        Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .next("use rates, alpha and power between 0 and 1, a ratio above 1 with rate × ratio below 1, and a design effect of at least 1")
    };
    if !(arguments.design_effect >= 1.0 && arguments.design_effect.is_finite()) {
        return Err(wrong(format!(
            "a design effect of {} is out of range",
            arguments.design_effect
        )));
    }
    let grow = |n: u64| (n as f64 * arguments.design_effect).ceil() as u64;
    let rates = arguments.rate.iter().map(|&rate| {
        let design = Design::new(rate, arguments.ratio, arguments.alpha, arguments.power);
        let zero = zero_error_trials(rate, 1.0 - arguments.alpha);
        match (design, zero, rule_of_thirty(rate)) {
            (Some(design), Some(zero), Some(thirty)) => Ok(PlannedRate {
                rate,
                zero_error_trials: grow(zero),
                zero_error_people_all_pairs: people_for_pairs(grow(zero)),
                rule_of_thirty_trials: grow(thirty),
                one_sample_trials: grow(design.one_sample()),
                two_sample_trials_per_group: grow(design.two_samples()),
            }),
            _ => Err(wrong(format!("a plan for an error rate of {rate} is out of range"))),
        }
    });
    Ok(Plan {
        schema: "evenmatch.plan/1",
        ratio: arguments.ratio,
        alpha: arguments.alpha,
        power: arguments.power,
        design_effect: arguments.design_effect,
        rates: rates.collect::<evenmatch_core::Result<_>>()?,
    })
}

#[allow(clippy::print_stdout)]
fn print(plan: &Plan) {
    for planned in &plan.rates {
        println!("For an error rate of {}:", rate(planned.rate));
        println!(
            "  {:>13} trials without an error show that the rate is at most that ({} confidence)",
            count(planned.zero_error_trials),
            percent(1.0 - plan.alpha)
        );
        println!(
            "  {:>13} trials give about 30 errors, which is ±30 % at 90 % confidence",
            count(planned.rule_of_thirty_trials)
        );
        println!(
            "  {:>13} trials tell one group from a fixed rate if it is {} times as high (one-sided)",
            count(planned.one_sample_trials),
            plan.ratio
        );
        println!(
            "  {:>13} trials in each group tell two groups apart at that ratio (two-sided)",
            count(planned.two_sample_trials_per_group)
        );
        println!(
            "  {:>13} people, compared with each other, make as many pairs as the first line asks \
             for; these pairs are not independent, so plan for more people",
            count(planned.zero_error_people_all_pairs)
        );
    }
    println!(
        "α {}, power {}, design effect {}. An independent mated trial needs one more person; an \
         independent non-mated trial needs two. In an audit that weighs people (the default for \
         photos), a mated trial is a person with several photos and a non-mated trial is a pair of \
         people: more photos of the same people are not more trials.",
        plan.alpha,
        percent(plan.power),
        plan.design_effect
    );
}
