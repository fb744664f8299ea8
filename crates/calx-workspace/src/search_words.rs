//! Texts cut into words that can be compared: what the search keeps, and what people type.
//!
//! Not here: the tables (`tables`), which texts are kept (`search_index`), questions (`search`).
//!
//! Both sides pass through [`words`], so that a text is found however it is written: accents, vowel marks and
//! letter cases are folded, full and half widths, ligatures and the forms of Arabic letters are one, katakana is
//! hiragana. Scripts that put no spaces between words are cut into single characters; a run of them in a question
//! is a phrase, so that any part of a Japanese or Thai text is found, also one of two characters. In all other
//! scripts what is typed is the beginning of a word.
//!
//! SQLite's own ways were refused: `trigram` finds nothing shorter than three characters, and most Chinese and
//! Japanese names and words have two; `unicode61` takes a text without spaces for one word.
//!
//! Invariants
//! - A word holds letters, digits and their marks only: whatever is typed, the question made of it is sound.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Characters of a text that are looked at.
const LONGEST_TEXT: usize = 100_000;
/// Characters of a word that count.
const LONGEST_WORD: usize = 64;
/// Words of a question that count.
const MOST_TYPED: usize = 32;

/// Words of a text, folded.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut length = 0;
    let mut end = |word: &mut String| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    for c in folded(text) {
        let mark = is_combining_mark(c);
        if stands_alone(c) && !mark {
            end(&mut word);
            (word, length) = (c.to_string(), LONGEST_WORD);
        } else if mark && !word.is_empty() {
            // A vowel that stands on the character before.
            word.push(c);
        } else if c.is_alphanumeric() {
            if word.chars().next().is_some_and(stands_alone) {
                end(&mut word);
            }
            if word.is_empty() {
                length = 0;
            }
            if length < LONGEST_WORD {
                word.push(c);
                length += 1;
            }
        } else {
            end(&mut word);
        }
    }
    end(&mut word);
    words
}

/// Words of several texts, as FTS5 is given them.
pub(crate) fn joined<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().flat_map(words).collect::<Vec<_>>().join(" ")
}

/// What is typed, as a question in the language of FTS5: every word is there, as typed or as a beginning.
/// `None` when there is no word in it.
pub(crate) fn question(typed: &str) -> Option<String> {
    let phrases = typed.split_whitespace().map(words).filter(|words| !words.is_empty()).take(MOST_TYPED);
    let quoted: Vec<String> = phrases
        .map(|words| {
            let words: Vec<String> = words.into_iter().take(LONGEST_WORD).collect();
            format!("\"{}\" *", words.join(" "))
        })
        .collect();
    (!quoted.is_empty()).then(|| quoted.join(" AND "))
}

/// Whether a text holds what was typed, word by word; of several texts that were found, it tells which.
pub(crate) fn holds_any(text: &str, typed: &str) -> bool {
    let text = words(text);
    typed.split_whitespace().map(words).filter(|phrase| !phrase.is_empty()).any(|phrase| {
        text.windows(phrase.len()).any(|part| {
            let last = phrase.len() - 1;
            part.iter().zip(&phrase).enumerate().all(|(at, (word, typed))| {
                if at == last { word.starts_with(typed.as_str()) } else { word == typed }
            })
        })
    })
}

/// The characters of a text, each as all its spellings are written here.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    let bare = text.chars().take(LONGEST_TEXT).nfkd().filter(|c| !is_dropped(*c));
    bare.flat_map(char::to_lowercase).nfc().flat_map(|c| one_of_many(c).chars().chain(own(c)))
}

/// Accents, vowel marks of Arabic and Hebrew, marks of direction, apostrophes within a name.
fn is_dropped(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}'
        | '\u{640}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e8}' | '\u{ad}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\'' | '\u{2018}' | '\u{2019}' | '\u{2bc}')
}

/// Letters that are no letter with an accent and yet written in two ways.
fn one_of_many(c: char) -> &'static str {
    match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ħ' => "h",
        'ı' => "i",
        'ς' => "σ",
        'ٱ' => "ا",
        'ى' | 'ی' => "ي",
        'ک' => "ك",
        'ة' => "ه",
        _ => "",
    }
}

/// The character itself, unless [`one_of_many`] stands for it.
fn own(c: char) -> Option<char> {
    if !one_of_many(c).is_empty() {
        return None;
    }
    let shifted = |by: u32, to: u32| char::from_u32(u32::from(c).saturating_sub(by) + to);
    match c {
        'ァ'..='ヶ' => shifted(0x30a1, 0x3041),
        '\u{660}'..='\u{669}' => shifted(0x660, 0x30),
        '\u{6f0}'..='\u{6f9}' => shifted(0x6f0, 0x30),
        c => Some(c),
    }
}

/// Characters of scripts that put no spaces between words, and Hangul, whose words take endings.
fn stands_alone(c: char) -> bool {
    matches!(u32::from(c),
        0xe00..=0xfff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x2e80..=0x2fdf | 0x3005..=0x3007
        | 0x3021..=0x312f | 0x31a0..=0x31bf | 0x31f0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0x20000..=0x3ffff)
        && c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(words(text).join(" "), expected, "{text}");
    }

    #[test]
    fn spellings_of_one_word_are_one_word() {
        check("Müller-Lüdenscheidt^HÉLÈNE", "muller ludenscheidt helene");
        check("Mu\u{308}ller", "muller");
        check("Jørgensen Weiß ŁUKASZ İSTANBUL ıSPARTA", "jorgensen weiss lukasz istanbul isparta");
        check("O'Brien D’Angelo", "obrien dangelo");
        check("ﬁbroma Ｈａｎｄ L4/L5", "fibroma hand l4 l5");
        check("ΟΔΥΣΣΕΥΣ Οδυσσεύς", "οδυσσευσ οδυσσευσ");
        check("Ёлкин ЙОД", "елкин иод");
        check("1.2.3 2024-02-03", "1 2 3 2024 02 03");
    }

    #[test]
    fn arabic_and_hebrew_are_bare() {
        check("أَحْمَد إسلام آمال", "احمد اسلام امال");
        check("مستشفى فاطمة", "مستشفي فاطمه");
        check("کریم یزد ۱۲٣", "كريم يزد 123");
        check("שָׁלוֹם", "שלום");
    }

    #[test]
    fn scripts_without_spaces_are_cut_by_character() {
        check("Yamada^Tarou=山田^太郎=やまだ^たろう", "yamada tarou 山 田 太 郎 や ま だ た ろ う");
        check("ガングリオン ｶﾞﾝ", "が ん ぐ り お ん が ん");
        check("CT胸部X線", "ct 胸 部 x 線");
        check("김희중", "김 희 중");
        check("มือ", "มื อ");
        check("हिन्दी भाषा", "हिन्दी भाषा");
    }

    #[test]
    fn a_question_is_sound_whatever_is_typed() {
        assert_eq!(question("jane doe"), Some("\"jane\" * AND \"doe\" *".to_owned()));
        assert_eq!(question("山田 AND"), Some("\"山 田\" * AND \"and\" *".to_owned()));
        assert_eq!(
            question("\"a* OR (b NEAR c:d) -e ^f"),
            Some(
                "\"a\" * AND \"or\" * AND \"b\" * AND \"near\" * AND \"c d\" * AND \"e\" * AND \"f\" *"
                    .to_owned()
            )
        );
        assert_eq!(question(" \"*^=\0 "), None);
        assert_eq!(question(&"x".repeat(1_000_000)).map(|typed| typed.len()), Some(LONGEST_WORD + 4));
        assert_eq!(
            question(&"x ".repeat(1_000)).map(|typed| typed.matches("AND").count()),
            Some(MOST_TYPED - 1)
        );
    }

    #[test]
    fn a_text_is_told_by_what_it_holds() {
        assert!(holds_any("Ossification of the posterior ligament", "spine oss"));
        assert!(holds_any("手関節の石灰化", "石灰"));
        assert!(!holds_any("手関節の石灰化", "灰石") && !holds_any("a", " ^ "));
    }
}
