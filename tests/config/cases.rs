//! The tables `*.cases`: each edits an example file at one point and expects exactly these problems there.

use crate::place::Place;

#[test]
fn every_mistake_in_the_agreement_is_told_where_it_is() {
    run("agreement.yaml", include_str!("agreement.cases"));
}

#[test]
fn every_mistake_in_the_service_is_told_where_it_is() {
    run("padan.yaml", include_str!("padan.cases"));
}

#[derive(Default)]
struct Case<'t> {
    name: &'t str,
    /// Lines to find, lines to put there.
    edits: Vec<(Vec<&'t str>, Vec<&'t str>)>,
    /// The file where it differs from the edited one, the text at the place, the message.
    problems: Vec<(Option<&'t str>, &'t str, &'t str)>,
}

fn run(file: &str, table: &str) {
    let mut failures = Vec::new();
    for case in read(table) {
        let place = Place::new();
        for (from, to) in &case.edits {
            let lines = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect();
            let (from, to): (String, String) = (lines(from), lines(to));
            // Whole lines only.
            place.edit(file, &format!("\n{from}"), &format!("\n{to}"));
        }
        if let Err(why) = compare(&place, file, &case) {
            failures.push(format!("== {}\n{why}", case.name));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn compare(place: &Place, file: &str, case: &Case<'_>) -> Result<(), String> {
    let found = place.load().err().ok_or("nothing was found")?;
    let told: Vec<String> = found.iter().map(|p| place.shown(p)).collect();
    if told.len() != case.problems.len() {
        return Err(told.join("\n"));
    }
    for ((problem, told), (other_file, at, message)) in found.iter().zip(&told).zip(&case.problems)
    {
        let file = other_file.unwrap_or(file);
        let (line, column) = problem.place.ok_or(format!("no place: {told}"))?;
        let text = place.read(file);
        let there: String = text.lines().nth(line - 1).unwrap_or("").to_owned();
        let there: String = there.chars().skip(column - 1).collect();
        if *told != format!("{file}:{line}:{column} {message}") || !there.starts_with(at) {
            return Err(format!("{told}\n  at {there:?}"));
        }
    }
    Ok(())
}

fn read(table: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case {
                name,
                ..Case::default()
            });
        }
        let Some(case) = cases.last_mut() else {
            continue;
        };
        if let Some(from) = line.strip_prefix('-') {
            match case.edits.last_mut() {
                Some((lines, to)) if to.is_empty() => lines.push(from),
                _ => case.edits.push((vec![from], Vec::new())),
            }
        } else if let Some(to) = line.strip_prefix('+') {
            case.edits.last_mut().expect("a - before the +").1.push(to);
        } else if let Some(problem) = line.strip_prefix("! ") {
            let (at, message) = problem.split_once(" | ").expect("TEXT | PROBLEM");
            let (file, at) = match at.split_once(".yaml: ") {
                Some(("padan", at)) => (Some("padan.yaml"), at),
                _ => (None, at),
            };
            case.problems.push((file, at, message));
        }
    }
    assert!(cases.len() > 15, "the table was not read");
    cases
}
