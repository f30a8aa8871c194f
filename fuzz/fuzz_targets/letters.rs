#![no_main]
doorbell_fuzz::target!(letters);
