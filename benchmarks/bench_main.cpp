// lvtino_bench: what the pieces cost against the memory roof, and what the stages of a run cost.
#include <benchmark/benchmark.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "benchmarks/memory_roof.hpp"
#include "benchmarks/networks.hpp"
#include "benchmarks/profile.hpp"
#include "benchmarks/rows.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/heap.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/core/program.hpp"
#include "lvtino/device_check.hpp"

namespace lvtino {
namespace {

struct Arguments {
  std::string size = "clip", problems = "examples", profile;
  std::vector<std::string> changes;
  NetworkTimes networks;
  bool times_networks = false;
  int threads = 0;
  bool json = false;
};

int run_rows(const Arguments& arguments, std::vector<std::string> flags, const char* program) {
  std::vector<char*> pointers{const_cast<char*>(program)};
  for (std::string& flag : flags) pointers.push_back(flag.data());
  int count = int(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return kBadSpec;
  const double roof = triad_bandwidth();
  const auto work = std::make_shared<Workload>(arguments.size, arguments.problems);
  benchmark::AddCustomContext("size", arguments.size + " " + to_string(work->domain()));
  benchmark::AddCustomContext("threads", text(thread_count()));
  benchmark::AddCustomContext("triad_GB_per_s", text(roof * 1e-9));
  register_rows(work, roof);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

int run(const Arguments& arguments, const std::vector<std::string>& flags, const char* program) {
  if (arguments.threads > 0) set_thread_count(arguments.threads);
  if (arguments.times_networks) {
    const c10::InferenceMode inference;
    print_network_times(std::cout, arguments.networks);
    return 0;
  }
  if (arguments.profile.empty()) return run_rows(arguments, flags, program);
  const c10::InferenceMode inference;
  const auto profile = profile_spec(arguments.profile, arguments.changes);
  if (arguments.json)
    std::cout << profile.dump(2) << "\n";
  else
    print_profile(std::cout, profile);
  return 0;
}

}  // namespace
}  // namespace lvtino

int main(int argc, char** argv) {
  lvtino::Arguments arguments;
  CLI::App app(
      "Rows against the memory roof (flags --benchmark_* are Google Benchmark's), or a profile.");
  app.allow_extras();
  app.add_option("--size", arguments.size, "of the videos of the rows")
      ->check(CLI::IsMember(lvtino::Workload::size_names()));
  app.add_option("--problems", arguments.problems,
                 "folder of problem_a.json, problem_b.json, problem_c.json");
  app.add_option("--threads", arguments.threads, "of the CPU work")->check(CLI::Range(1, 1024));
  const auto profile = app.add_option("--profile", arguments.profile,
                                      "run this spec and print what its stages cost");
  app.add_option("--set", arguments.changes, "/json/pointer=value: change the spec of --profile")
      ->needs(profile)
      ->take_all()
      ->allow_extra_args(false);
  const auto networks =
      app.add_flag("--networks", arguments.times_networks,
                   "time the stages of the published networks with random weights");
  lvtino::NetworkTimes& times = arguments.networks;
  app.add_option("--device", times.device, "cpu or cuda")->needs(networks);
  app.add_option("--precision", times.precision, "float32, bfloat16 or float16")
      ->needs(networks)
      ->check(CLI::IsMember({"float32", "bfloat16", "float16"}));
  app.add_option("--frames", times.frames, "of the video, 1 + 4 n")->needs(networks);
  app.add_option("--height", times.height, "a multiple of 16")->needs(networks);
  app.add_option("--width", times.width, "a multiple of 16")->needs(networks);
  app.add_option("--frames-at-once", times.frames_at_once, "in the image networks")
      ->needs(networks)
      ->check(CLI::Range(1, 4096));
  app.add_option("--tile", times.tile, "latent samples a side of the video autoencoder's tiles")
      ->needs(networks);
  app.add_option("--repeats", times.repeats, "passes after the first")
      ->needs(networks)
      ->check(CLI::Range(0, 100));
  app.add_flag("--both-paths", times.both_paths, "the plain path (LVTINO_FAST=0) beside the fused")
      ->needs(networks);
  app.add_flag("--graphs", times.graphs,
               "record the passes of transformer and U-net as CUDA graphs")
      ->needs(networks);
  app.add_option("--only", times.only, "stages whose name holds this")->needs(networks);
  app.add_flag("--json", arguments.json, "print the profile as JSON")->needs(profile);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? 0 : lvtino::kBadSpec;
  }
  lvtino::keep_heap_pages();
  lvtino::use_device_kernels();
  return lvtino::run_guarded("lvtino_bench",
                             [&] { return lvtino::run(arguments, app.remaining(), argv[0]); });
}
