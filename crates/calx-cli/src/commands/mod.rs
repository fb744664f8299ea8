//! One file per command: reads its arguments, calls the libraries, prints.

pub(crate) mod case;
pub(crate) mod case_set;
pub(crate) mod demo;
pub(crate) mod demo_case;
pub(crate) mod demo_text;
pub(crate) mod doctor;
pub(crate) mod evidence;
pub(crate) mod export;
pub(crate) mod finding;
pub(crate) mod forget;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod issues;
pub(crate) mod ls;
pub(crate) mod phantom;
pub(crate) mod pixels;
pub(crate) mod playlist;
pub(crate) mod reference;
pub(crate) mod region;
pub(crate) mod render;
pub(crate) mod show;
pub(crate) mod statement;
pub(crate) mod track;
pub(crate) mod verify;
pub(crate) mod words;
