//! One program on one event, by jaq: see ../../run. Prints what headgate.cpp prints.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{compile, data, unwrap_valr, Compiler, Ctx, Native, Vars};
use jaq_json::{read, Val};
use std::hint::black_box;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Data = data::JustLut<Val>;

fn compiled(source: &str) -> compile::Filter<Native<Data>> {
    let definitions = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs());
    let functions = jaq_core::funs::<Data>()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs());
    let arena = Arena::default();
    let modules = Loader::new(definitions).load(
        &arena,
        File {
            code: source,
            path: (),
        },
    );
    let modules = modules.unwrap_or_else(|_| panic!("does not parse"));
    let made = Compiler::default().with_funs(functions).compile(modules);
    made.unwrap_or_else(|_| panic!("does not compile"))
}

fn measure(mut once: impl FnMut()) -> f64 {
    let mut batch = |times: u32| {
        let begin = Instant::now();
        for _ in 0..times {
            once();
        }
        begin.elapsed().as_secs_f64() * 1e6
    };
    let mut times = 1;
    while batch(times) < 2000.0 {
        times *= 2;
    }
    let mut batches: Vec<f64> = (0..31).map(|_| batch(times) / f64::from(times)).collect();
    batches.sort_by(f64::total_cmp);
    batches[batches.len() / 2]
}

fn main() {
    let mut given = std::env::args().skip(1);
    let text = std::fs::read(given.next().expect("an event")).expect("readable");
    let source = given.next().expect("a program");
    let filter = compiled(&source);
    let parse = || read::parse_single(&text).expect("JSON");
    let event = parse();
    let run = |input: Val| {
        let context = Ctx::<Data>::new(&filter.lut, Vars::new([]));
        filter
            .id
            .run((context, input))
            .map(unwrap_valr)
            .collect::<Vec<_>>()
    };
    println!(
        "{} {} {} {}",
        measure(|| drop(black_box(compiled(&source)))),
        measure(|| drop(black_box(parse()))),
        measure(|| drop(black_box(run(event.clone())))),
        measure(|| drop(black_box(run(parse()))))
    );
    for output in run(event.clone()) {
        println!("{}", output.expect("an output"));
    }
}
