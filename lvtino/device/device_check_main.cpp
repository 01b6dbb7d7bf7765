// lvtino_device_check: the device's kernels against the CPU's, and against the device's memory.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "lvtino/core/program.hpp"
#include "lvtino/device/kernel_laws.hpp"
#include "lvtino/device/measurements.hpp"
#include "lvtino/device/runtime.hpp"
#include "validation/law_table.hpp"

namespace lvtino {
namespace {

constexpr int kNoDevice = 77;  // ctest counts it as skipped

struct Arguments {
  int shapes = 40;
  bool measure = false;
  std::uint64_t seed = 20260101;
  std::string size = "all";
};

int check(const Arguments& arguments) {
  const std::string problem = device::problem();
  if (!problem.empty()) {
    std::cout << "no device: " << problem << "\n";
    return kNoDevice;
  }
  const device::DeviceInfo info = device::info();
  std::cout << info.name << ", capability " << info.capability / 10 << "." << info.capability % 10
            << ", " << info.multiprocessors << " multiprocessors, " << (info.memory >> 20)
            << " MiB, " << (info.cache >> 20) << " MiB of cache\n";
  const std::vector<LawReport> laws = device::kernel_laws(arguments.shapes, Rng(arguments.seed));
  print_laws(std::cout, laws);
  std::cout << std::flush;
  if (arguments.measure) device::measure(arguments.size, std::cout);
  const bool passed =
      std::all_of(laws.begin(), laws.end(), [](const LawReport& law) { return law.passed; });
  return passed ? kDone : kFailure;
}

}  // namespace
}  // namespace lvtino

int main(int argc, char** argv) {
  lvtino::Arguments arguments;
  CLI::App app(
      "The device's kernels against the CPU's; with --measure also against the device's memory.");
  app.set_version_flag("--version", LVTINO_VERSION);
  app.add_option("--shapes", arguments.shapes, "drawn for each kernel")
      ->check(CLI::Range(1, 100000));
  app.add_option("--seed", arguments.seed, "of the drawn shapes and numbers");
  app.add_flag("--measure", arguments.measure,
               "time each kernel and print its share of the copy bandwidth");
  app.add_option("--size", arguments.size,
                 "of the measured videos: small, clip, hd or all (clip and hd)")
      ->check(CLI::IsMember({"small", "clip", "hd", "all"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? 0 : lvtino::kBadSpec;
  }
  const c10::InferenceMode inference;
  return lvtino::run_guarded("lvtino_device_check", [&] { return lvtino::check(arguments); });
}
