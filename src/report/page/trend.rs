//! How a reconciliation develops from day to day.

use jiff::civil::Date;
use maud::{Markup, html};

use crate::ledger::record::RunFigures;

use super::super::figures::Facts;
use super::super::words::{WITHHELD, count, day, percent_of, permille, short_day};
use super::chart::{Line, lines};
use super::sheet::table;

/// Most days in the trend.
const DAYS: usize = 12;

pub fn trend(facts: &Facts) -> Markup {
    let days = by_day(&facts.runs);
    let points: Vec<_> = days.iter().map(|day| short_day(day.date)).collect();
    let shares: Vec<_> = days.iter().map(|day| day.share).collect();
    let known_shares = shares.iter().flatten().count();
    // The scale begins below the lowest value, at a whole percent.
    let lowest = shares
        .iter()
        .flatten()
        .min()
        .copied()
        .unwrap_or(0)
        .saturating_sub(20)
        / 10
        * 10;
    let line = |name, value: fn(&Day) -> u64| Line {
        name,
        values: days.iter().map(|day| Some(value(day))).collect(),
    };
    // On the day of the first run of all everything is new, which would dwarf the days after it.
    let began = days.first().is_some_and(|day| day.new == day.open);
    let moved = |name, value: fn(&Day) -> u64| {
        let mut line = line(name, value);
        line.values
            .iter_mut()
            .take(usize::from(began))
            .for_each(|value| *value = None);
        line
    };
    let rows: Vec<_> = days
        .iter()
        .map(|of| {
            vec![
                day(of.date),
                count(of.runs),
                of.share.map_or(WITHHELD.to_owned(), percent_of),
                count(of.open),
                count(of.new),
                count(of.resolved),
            ]
        })
        .collect();
    html! {
        h2 { "Perkembangan" }
        @if days.len() > 1 {
            @if known_shares > 1 {
                figure {
                    (lines("Data berpasangan yang sesuai seluruhnya, per tanggal proses", &points,
                        &[Line { name: "Sesuai seluruhnya (%)", values: shares }], lowest, |permille| format!("{},{}", permille / 10, permille % 10)))
                    figcaption { "Bagian data berpasangan yang sesuai seluruhnya, dalam persen; sumbu tegak mulai dari "
                        (percent_of(lowest)) "." }
                }
            }
            figure {
                (lines("Perbedaan terbuka, per tanggal proses", &points, &[line("Perbedaan terbuka", |day| day.open)], 0, count))
            }
            figure {
                (lines("Perbedaan baru dan selesai, per tanggal proses", &points,
                    &[moved("Baru", |day| day.new), moved("Selesai", |day| day.resolved)], 0, count))
            }
        } @else {
            p { "Grafik perkembangan ditampilkan mulai tanggal proses kedua." }
        }
        (table("Tanggal proses ini dan sebelumnya; terbuka dan sesuai: pada akhir tanggal itu",
            &["Tanggal proses", "Proses", "Sesuai seluruhnya", "Terbuka", "Baru", "Selesai"], &rows, 1))
    }
}

/// The runs of one day: usually one for the delivery of each party.
struct Day {
    date: Date,
    runs: u64,
    /// Records without a difference after its last run, in permille of those that met.
    share: Option<u64>,
    open: u64,
    new: u64,
    resolved: u64,
}

/// The last days with runs, oldest first.
fn by_day(runs: &[RunFigures]) -> Vec<Day> {
    let mut days: Vec<Day> = vec![];
    for run in runs {
        let share = run
            .matched
            .zip(run.agreeing)
            .and_then(|(all, same)| permille(same, all));
        match days.last_mut().filter(|day| day.date == run.run_date) {
            Some(day) => {
                day.runs += 1;
                day.share = share;
                day.open = run.open;
                day.new += run.new;
                day.resolved += run.resolved;
            }
            None => days.push(Day {
                date: run.run_date,
                runs: 1,
                share,
                open: run.open,
                new: run.new,
                resolved: run.resolved,
            }),
        }
    }
    days.split_off(days.len().saturating_sub(DAYS))
}
