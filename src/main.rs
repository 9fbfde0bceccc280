//! The command line.
use backfire::{referee::*, theorems};
fn main() {
    let t=std::time::Instant::now();
    let effort = Effort { seed: 1, factor: std::env::args().nth(1).map_or(1.0, |s| s.parse().unwrap()) };
    let only = std::env::args().nth(2).unwrap_or_default();
    let r = referee(theorems::ALL, &|id| id.contains(&only), &[], effort, &|_,_,_| {});
    for c in &r.claims {
        println!("{:<44} {:?} met {} drawn {}", c.id, c.verdict, c.met(), c.tally.as_ref().map_or(0,|t| t.drawn));
        for e in &c.evidence { println!("      {}", e.line()); }
    }
    for c in &r.controls { println!("{:<44} of {:<30} {:?} {}", c.id, c.of, c.verdict, c.witness.as_ref().map_or(String::new(), |w| w.summary())); }
    eprintln!("{:?}", t.elapsed());
}
