#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| calx_dicom::fuzzing::run("fragments", bytes));
