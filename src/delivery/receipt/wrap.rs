//! Lines that fit a screen.

/// Characters in a line.
pub const WIDTH: usize = 80;

/// `first` and then `text`, broken between words so that no line is wider than [`WIDTH`]; further lines are indented by
/// `indent`. A word that is wider by itself stays whole: a file's name must be found by who looks for it.
pub fn wrapped(first: &str, text: &str, indent: usize, out: &mut String) {
    let mut width = first.chars().count();
    out.push_str(first);
    let mut fresh = true;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if !fresh && width + 1 + length > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            width = indent;
            fresh = true;
        }
        if !fresh {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
        fresh = false;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, wrapped};

    #[test]
    fn no_line_is_wider_and_no_word_is_lost() {
        let text = "satu dua tiga empat lima enam tujuh delapan sembilan sepuluh ".repeat(5);
        let mut out = String::new();
        wrapped("  KODE: ", &text, 4, &mut out);
        assert!(out.lines().count() > 3);
        assert!(
            out.lines().all(|line| line.chars().count() <= WIDTH),
            "{out}"
        );
        assert!(
            out.lines().skip(1).all(|line| line.starts_with("    ")),
            "{out}"
        );
        let words: Vec<_> = out.split_whitespace().skip(1).collect();
        assert_eq!(words, text.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn a_long_name_stays_whole() {
        let name = "x".repeat(120);
        let mut out = String::new();
        wrapped("Berkas: ", &name, 2, &mut out);
        assert_eq!(out, format!("Berkas: {name}\n"));
    }
}
