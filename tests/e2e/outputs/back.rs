//! Every case of the set comes back equal from its own objects into an empty workspace.

use super::set;
use crate::driver::Place;

#[test]
fn every_case_of_the_set_comes_back_equal() {
    for made in &set().cases {
        let to = Place::new();
        for image in &made.images {
            to.ok(&["import", image.to_str().unwrap()]);
        }
        let number = made.number.to_string();
        let objects = set().objects.join(&number);
        let ran = to.ok(&["case", "restore", objects.to_str().unwrap()]);
        assert!(ran.out.ends_with(" made\n"), "{}: {}{}", made.name, ran.out, ran.err);
        assert_eq!(to.case(&number), made.place.case(&number), "{}", made.name);
    }
}
