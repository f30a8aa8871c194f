#![no_main]
doorbell_fuzz::target!(typed);
