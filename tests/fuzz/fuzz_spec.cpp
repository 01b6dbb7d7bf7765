#include "tests/fuzz/fuzz_file.hpp"
#include "lvtino/core/npy.hpp"
#include "lvtino/core/rng.hpp"
#include "lvtino/experiment.hpp"

// Everything that lvtino_run does with a spec before it computes: parsing, presets, clips,
// operators, priors.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lvtino;
  static const bool clip_is_there = [] {
    write_npy(fuzz::folder().file("clip.npy"), Rng(1).uniform({3, 6, 18, 14}, Placement{}));
    return true;
  }();
  const std::string path = fuzz::folder().write("spec.json", data, clip_is_there ? size : 0);
  return fuzz::survives([&] {
    const SpecFile spec = load_spec(path);
    for (const std::string& clip : clip_names(spec)) read_experiment(spec, clip);
  });
}
