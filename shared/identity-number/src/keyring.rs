//! The keys: the last of each kind is used for what is written, the others only for what was written before.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::IdentityNumber;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// A number that only a [`Keyring`] can read: a nonce and AES-256-GCM over the number, bound to whom it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The key that opens it.
    pub key_id: String,
    /// Nonce, ciphertext and tag in hexadecimal digits.
    pub text: String,
}

/// What the same number always has and from which nobody without the key comes back to it: HMAC-SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlindIndex {
    /// The key that made it.
    pub key_id: String,
    /// The code in hexadecimal digits.
    pub text: String,
}

struct Key {
    id: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

/// The keys of one register.
pub struct Keyring {
    seals: Vec<Key>,
    indexes: Vec<Key>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = |keys: &[Key]| keys.iter().map(|key| key.id.clone()).collect::<Vec<_>>();
        f.debug_struct("Keyring").field("seals", &ids(&self.seals)).field("indexes", &ids(&self.indexes)).finish()
    }
}

/// Why keys cannot be used. It does not repeat any key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// A line that is no key.
    #[error("line {0} is no key: write `seal ID KEY` or `index ID KEY`, a key being 64 hexadecimal digits")]
    Line(usize),
    /// Two keys of one kind with the same id.
    #[error("line {0} gives an id a second time")]
    Repeated(usize),
    /// No key of one kind.
    #[error("there is no `{0}` key")]
    Missing(&'static str),
    /// The system has no randomness.
    #[error("the system gives no random numbers")]
    Randomness,
}

/// A sealed number that cannot be read with these keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableNumber {
    /// Its key is not there.
    #[error("was sealed with the key {0}, which is not among the keys")]
    NoKey(String),
    /// It was changed, or belongs to somebody else.
    #[error("was not sealed for this person with its key")]
    Forged,
}

impl Keyring {
    /// Reads keys, one a line or between semicolons: `seal ID KEY` and `index ID KEY`. The last one of each kind is used
    /// for what is written. Lines that begin with `#` do not count.
    ///
    /// # Errors
    /// The first line that is no key, or a kind without a key.
    pub fn read(text: &str) -> Result<Self, InvalidKeys> {
        let mut keyring = Self { seals: Vec::new(), indexes: Vec::new() };
        let lines = text.split(['\n', ';']).map(str::trim).zip(1..);
        for (line, number) in lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let (kind, id, key, rest) = (words.next(), words.next(), words.next().and_then(key_of), words.next());
            let (Some(kind), Some(id), Some(bytes), None) = (kind, id, key, rest) else {
                return Err(InvalidKeys::Line(number));
            };
            let keys = match kind {
                "seal" => &mut keyring.seals,
                "index" => &mut keyring.indexes,
                _ => return Err(InvalidKeys::Line(number)),
            };
            if keys.iter().any(|known| known.id == id) || id.contains(':') {
                return Err(InvalidKeys::Repeated(number));
            }
            keys.push(Key { id: id.to_owned(), bytes });
        }
        active(&keyring.seals, "seal")?;
        active(&keyring.indexes, "index")?;
        Ok(keyring)
    }

    /// A text of new keys with the given id, for [`Keyring::read`].
    ///
    /// # Errors
    /// No randomness.
    pub fn generate(id: &str) -> Result<Zeroizing<String>, InvalidKeys> {
        let mut text = Zeroizing::new(String::new());
        for kind in ["seal", "index"] {
            let mut bytes = Zeroizing::new([0; KEY_BYTES]);
            getrandom::fill(bytes.as_mut()).map_err(|_| InvalidKeys::Randomness)?;
            text.extend([kind, " ", id, " ", &Zeroizing::new(hex_of(bytes.as_ref())), "\n"]);
        }
        Ok(text)
    }

    /// Seals `number` for `person_id`: it opens for nobody else.
    ///
    /// # Errors
    /// No randomness.
    pub fn seal(&self, number: &IdentityNumber, person_id: &str) -> Result<Sealed, InvalidKeys> {
        let key = active(&self.seals, "seal")?;
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| InvalidKeys::Randomness)?;
        let payload = Payload { msg: number.as_bytes(), aad: person_id.as_bytes() };
        let sealed = key.cipher().and_then(|cipher| cipher.encrypt(&Nonce::from(nonce), payload).ok());
        let sealed = sealed.ok_or(InvalidKeys::Missing("seal"))?;
        Ok(Sealed { key_id: key.id.clone(), text: hex_of(&[nonce.as_slice(), &sealed].concat()) })
    }

    /// Opens what was sealed for `person_id`.
    ///
    /// # Errors
    /// A key that is not there, and anything that was not sealed for the person.
    pub fn open(&self, sealed: &Sealed, person_id: &str) -> Result<IdentityNumber, UnreadableNumber> {
        let key = self.seals.iter().find(|key| key.id == sealed.key_id);
        let key = key.ok_or_else(|| UnreadableNumber::NoKey(sealed.key_id.clone()))?;
        let opened = bytes_of(&sealed.text).and_then(|bytes| {
            let (nonce, text) = bytes.split_first_chunk::<NONCE_BYTES>()?;
            let payload = Payload { msg: text, aad: person_id.as_bytes() };
            let opened = Zeroizing::new(key.cipher()?.decrypt(&Nonce::from(*nonce), payload).ok()?);
            IdentityNumber::new(std::str::from_utf8(&opened).ok()?).ok()
        });
        opened.ok_or(UnreadableNumber::Forged)
    }

    /// What `number` is found by, under the key in use.
    #[must_use]
    pub fn index(&self, number: &IdentityNumber) -> Option<BlindIndex> {
        self.indexes.last().and_then(|key| key.index(number))
    }

    /// What `number` is found by under every key, for what was not indexed anew yet.
    #[must_use]
    pub fn indexes(&self, number: &IdentityNumber) -> Vec<BlindIndex> {
        self.indexes.iter().filter_map(|key| key.index(number)).collect()
    }

    /// Whether something is sealed and indexed with the keys in use.
    #[must_use]
    pub fn is_current(&self, seal_key: &str, index_key: &str) -> bool {
        let is = |keys: &[Key], id: &str| keys.last().is_some_and(|key| key.id == id);
        is(&self.seals, seal_key) && is(&self.indexes, index_key)
    }
}

impl Key {
    fn cipher(&self) -> Option<Aes256Gcm> {
        Aes256Gcm::new_from_slice(self.bytes.as_ref()).ok()
    }

    fn index(&self, number: &IdentityNumber) -> Option<BlindIndex> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.bytes.as_ref()).ok()?;
        mac.update(number.as_bytes());
        Some(BlindIndex { key_id: self.id.clone(), text: hex_of(&mac.finalize().into_bytes()) })
    }
}

fn key_of(text: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let bytes = Zeroizing::new(bytes_of(text)?);
    <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new)
}

/// The key that writes.
fn active<'k>(keys: &'k [Key], kind: &'static str) -> Result<&'k Key, InvalidKeys> {
    keys.last().ok_or(InvalidKeys::Missing(kind))
}

fn hex_of(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = Zeroizing::new(digits?);
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number() -> IdentityNumber {
        IdentityNumber::new("11010519491231002X").unwrap()
    }

    fn keys(lines: &[(&str, &str, u8)]) -> Keyring {
        let text: Vec<String> =
            lines.iter().map(|(kind, id, byte)| format!("{kind} {id} {}", hex_of(&[*byte; KEY_BYTES]))).collect();
        Keyring::read(&text.join(";")).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_person_alone_and_only_unchanged() {
        let keys = keys(&[("seal", "a", 1), ("index", "a", 2)]);
        let sealed = keys.seal(&number(), "P1").unwrap();
        assert_eq!(keys.open(&sealed, "P1"), Ok(number()));
        assert_eq!(keys.open(&sealed, "P2"), Err(UnreadableNumber::Forged));
        let changed = Sealed { text: sealed.text.replace(&sealed.text[30..31], "z"), ..sealed.clone() };
        assert_eq!(keys.open(&changed, "P1"), Err(UnreadableNumber::Forged));
        assert_ne!(keys.seal(&number(), "P1").unwrap(), sealed);
        assert!(!format!("{sealed:?}").contains("1101051949"));
    }

    #[test]
    fn the_last_key_writes_and_the_earlier_ones_still_read() {
        let old = keys(&[("seal", "a", 1), ("index", "a", 2)]);
        let both = keys(&[("seal", "a", 1), ("index", "a", 2), ("seal", "b", 3), ("index", "b", 4)]);
        let sealed = old.seal(&number(), "P1").unwrap();
        assert_eq!(both.open(&sealed, "P1"), Ok(number()));
        assert_eq!(both.seal(&number(), "P1").unwrap().key_id, "b");
        assert!(both.is_current("b", "b") && !both.is_current("a", "b") && !both.is_current("b", "a"));
        let new = keys(&[("seal", "b", 3), ("index", "b", 4)]);
        assert_eq!(new.open(&sealed, "P1"), Err(UnreadableNumber::NoKey("a".to_owned())));
        assert_eq!(both.indexes(&number()), [old.index(&number()).unwrap(), new.index(&number()).unwrap()]);
        assert_ne!(old.index(&number()), new.index(&number()));
    }

    #[test]
    fn keys_that_cannot_be_used_are_told_by_line_and_never_repeated() {
        let key = "0".repeat(64);
        for (text, fault) in [
            (String::new(), InvalidKeys::Missing("seal")),
            (format!("seal a {key}"), InvalidKeys::Missing("index")),
            (format!("# keys\nseal a {}", &key[1..]), InvalidKeys::Line(2)),
            (format!("seal a {key}\nlock b {key}"), InvalidKeys::Line(2)),
            (format!("seal a {key}\nseal a {key}"), InvalidKeys::Repeated(2)),
        ] {
            assert_eq!(Keyring::read(&text).unwrap_err(), fault);
        }
        assert!(Keyring::read(&Keyring::generate("2026").unwrap()).is_ok());
        assert!(!format!("{:?}", keys(&[("seal", "a", 7), ("index", "a", 7)])).contains("0707"));
    }
}
