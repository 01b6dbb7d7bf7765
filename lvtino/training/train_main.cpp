// lvtino_train: trains the priors of examples/training/*.json, or of your own footage.
#include <CLI/CLI.hpp>
#include <iostream>

#include "lvtino/core/error.hpp"
#include "lvtino/core/heap.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/core/program.hpp"
#include "lvtino/spec_file.hpp"
#include "lvtino/training/trainer.hpp"

namespace lvtino {
namespace {

struct Arguments {
  std::string spec, output;
  std::vector<std::string> changes;
  int threads = 0;
  bool resume = false, quiet = false, dry_run = false;
};

int run(const Arguments& arguments) {
  if (arguments.threads > 0) set_thread_count(arguments.threads);
  const SpecFile file = load_spec(arguments.spec, arguments.changes);
  training::TrainingSpec spec = training::read_training_spec(SpecReader(file.document));
  if (!arguments.output.empty()) spec.output = arguments.output;
  if (arguments.dry_run) return std::cout << spec.resolved << "\n", kDone;
  training::train(spec, {.resume = arguments.resume,
                         .progress = !arguments.quiet,
                         .log = &std::cout,
                         .interrupted = stop_asked});
  std::cout << "weights, losses and report: " << spec.output << "\n";
  return kDone;
}

}  // namespace
}  // namespace lvtino

int main(int argc, char** argv) {
  lvtino::Arguments arguments;
  CLI::App app(
      "Trains a consistency model of clips: a flow-matching teacher, then its distillation.");
  app.set_version_flag("--version", LVTINO_VERSION);
  app.add_option("spec", arguments.spec, "training spec (JSON); see docs/training.md")->required();
  app.add_option("--set", arguments.changes,
                 "/json/pointer=value: change the spec (may be repeated)")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--output", arguments.output, "folder of weights, checkpoint and report");
  app.add_option("--threads", arguments.threads, "of the CPU work")->check(CLI::Range(1, 1024));
  app.add_flag("--resume", arguments.resume, "go on from the checkpoint in the folder");
  app.add_flag("--dry-run", arguments.dry_run, "print the resolved spec");
  app.add_flag("--quiet", arguments.quiet, "no progress bar");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? 0 : lvtino::kBadSpec;
  }
  lvtino::keep_heap_pages();
  lvtino::listen_for_interrupts();
  return lvtino::run_guarded("lvtino_train", [&] { return lvtino::run(arguments); });
}
