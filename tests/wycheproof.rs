//! Project Wycheproof's tests of HMAC-SHA256 and HKDF-SHA256: tags with a bit changed, truncated, and keys of all lengths.

#[path = "vectors/hkdf.rs"]
mod hkdf;

use countersign::mac::{Key, MAC_LEN};
use hkdf::{expand, extract};
use wycheproof::{TestResult, hkdf as hkdf_tests, mac};

#[test]
fn hmac_sha256() {
    let (mut accepted, mut invalid, mut truncated) = (0, 0, 0);
    for group in mac::TestSet::load(mac::TestName::HmacSha256).unwrap().test_groups {
        for test in group.tests {
            let key = Key::new(&test.key);
            let verified = key.verify(&test.msg, &test.tag);
            let about = format!("test {}: {}", test.tc_id, test.comment);
            if group.tag_size / 8 < MAC_LEN {
                // Whatever Wycheproof says of it: a tag of fewer bits is no MAC here. That it is one of HMAC-SHA256 can still be told.
                assert!(!verified, "{about}");
                let whole = key.sign(&test.msg);
                assert_eq!(whole[..group.tag_size / 8] == test.tag[..], !test.result.must_fail(), "{about}");
                truncated += 1;
            } else {
                assert_eq!(verified, test.result == TestResult::Valid, "{about}");
                *(if verified { &mut accepted } else { &mut invalid }) += 1;
            }
        }
    }
    println!("HMAC-SHA256: {accepted} accepted, {invalid} invalid, {truncated} truncated");
    assert!(accepted > 0 && invalid > 0 && truncated > 0);
}

#[test]
fn hkdf_sha256() {
    let (mut right, mut too_long) = (0, 0);
    for group in hkdf_tests::TestSet::load(hkdf_tests::TestName::HkdfSha256).unwrap().test_groups {
        for test in group.tests {
            if test.result == TestResult::Valid {
                let okm = expand(&extract(&test.salt, &test.ikm), &test.info, test.size);
                assert_eq!(okm, test.okm[..], "test {}: {}", test.tc_id, test.comment);
                right += 1;
            } else {
                // Nobody can ask for so much: the crate derives keys of one length.
                assert!(test.size > 255 * MAC_LEN, "test {}: {}", test.tc_id, test.comment);
                too_long += 1;
            }
        }
    }
    println!("HKDF-SHA256: {right} right, {too_long} too long");
    assert!(right > 0 && too_long > 0);
}
