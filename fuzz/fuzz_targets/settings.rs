#![no_main]
doorbell_fuzz::target!(settings);
