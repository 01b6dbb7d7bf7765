#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "lvtino/experiment.hpp"
#include "lvtino/core/npy.hpp"

namespace {

using namespace lvtino;

// Small, and with something of every kind in it.
constexpr const char* kSeedSpec = R"({
  "name": "fuzz", "preset": "paper", "seed": 7,
  "clips": [{"name": "a", "role": "truth",
             "source": {"type": "file", "path": "clip.npy", "frames": 5, "crop": {"height": 16, "width": 12}}}],
  "operator": {"type": "compose", "operators": [
    {"type": "temporal_blur", "kernel": "gaussian", "sigma": 0.8, "boundary": "reflect"},
    {"type": "temporal_average", "factor": 2},
    {"type": "spatial_decimation", "factor": 2, "filter": "lanczos", "boundary": "circular"}]},
  "priors": {
    "video": {"type": "gaussian_video", "autoencoder": {"type": "block_dct", "block": 2}},
    "image": {"type": "gaussian_image", "schedule": {"type": "vp_scaled_linear"}}},
  "total_variation": {"weights": [1, 2, 0.5], "kind": "anisotropic"},
  "solver": {"tolerance": 0.01, "max_iterations": 5},
  "sampler": {"eta": 0.4, "temperature": 1, "steps": [{"t_video": 300, "t_image": 200}, {"t_video": 100}]},
  "metrics": [{"type": "psnr"}],
  "output": {"save": ["restoration"], "formats": ["npy"]}
})";

class Mutator {
 public:
  explicit Mutator(const Rng& rng) : rng_(rng) {}

  std::int64_t below(std::int64_t bound) { return rng_.below(bound, next_++); }

  // Changes one place of the tree.
  void mutate(Json& value) {
    if (value.is_structured() && !value.empty() && below(6) != 0) {
      auto child = value.begin();
      std::advance(child, below(std::int64_t(value.size())));
      return mutate(*child);
    }
    const auto kind = below(5);
    if (kind == 0 && value.is_object() && !value.empty()) {
      auto key = value.begin();
      std::advance(key, below(std::int64_t(value.size())));
      value.erase(key);
    } else if (kind == 1 && value.is_object() && !value.empty()) {
      value[value.begin().key() + "x"] = random();
    } else if (kind == 2 && value.is_array() && value.size() < 40) {
      value.push_back(value.empty() ? random() : value[0]);
    } else if (kind == 3 && value.is_number()) {
      const double factors[] = {-1, 0, 0.5, 2, 1e3, 1e-9, 1e300};
      value = value.get<double>() * factors[below(7)];
    } else {
      value = random();
    }
  }

  // Changes one byte of a text.
  void scratch(std::string& document) {
    const auto at = std::size_t(below(std::int64_t(document.size())));
    const auto kind = below(3);
    if (kind == 0)
      document.erase(at, 1 + std::size_t(below(4)));
    else if (kind == 1)
      document.insert(at, 1, char(below(256)));
    else
      document[at] = char(below(256));
  }

 private:
  Json random() {
    const char* const values[] = {"null", "true", "-1", "0", "1", "3", "1e308", "-0.0", "9223372036854775807",
                                  "18446744073709551615", "\"\"", "\"gaussian\"", "\"../../x\"", "[]",
                                  "{}", "[1,2,3]", "{\"type\": \"identity\"}", "{\"type\": \"mask\"}",
                                  "[[[]]]", "0.1", "\"\\u0000\"", "100000", "[0,0,0]"};
    return Json::parse(values[below(std::int64_t(std::size(values)))]);
  }

  Rng rng_;
  std::int64_t next_ = 0;
};

class Scratch {
 public:
  Scratch() : path_(std::filesystem::temp_directory_path() / text("lvtino_fuzz_", ::getpid())) {
    std::filesystem::create_directories(path_);
    write_npy(file("clip.npy"), Rng(1).uniform({3, 6, 18, 14}, Placement{}));
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// What lvtino_run does with a spec. Bad ones throw one of our errors; anything else escapes.
bool survives(const std::string& document, const std::string& path, const std::string& output, bool run) {
  std::ofstream(path, std::ios::binary) << document;
  try {
    const SpecFile spec = load_spec(path);
    for (const std::string& clip : clip_names(spec)) {
      Experiment experiment = read_experiment(spec, clip);
      if (!run) continue;
      experiment.plan.joint.max_iterations = std::min(experiment.plan.joint.max_iterations, 3);
      if (experiment.plan.sampler.steps.size() > 3) experiment.plan.sampler.steps.resize(3);
      run_experiment(experiment, {.output = output, .progress = false});
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(spec_fuzz)

BOOST_AUTO_TEST_CASE(the_seed_runs) {
  const Scratch scratch;
  BOOST_TEST(survives(kSeedSpec, scratch.file("spec.json"), scratch.file("out"), true));
}

BOOST_AUTO_TEST_CASE(ten_thousand_mutated_specs_neither_crash_nor_hang) {
  const Scratch scratch;
  int accepted = 0;
  for (int i = 0; i < 10000; ++i) {
    Mutator mutator(Rng(20260101).fork("spec", i));
    std::string document;
    if (i % 5 == 4) {
      document = kSeedSpec;
      for (auto count = 1 + mutator.below(3); count > 0; --count) mutator.scratch(document);
    } else {
      Json spec = Json::parse(kSeedSpec);
      for (auto count = 1 + mutator.below(3); count > 0; --count) mutator.mutate(spec);
      document = spec.dump();
    }
    BOOST_TEST_INFO(document);
    bool ok = false;
    BOOST_CHECK_NO_THROW(ok = survives(document, scratch.file("spec.json"), scratch.file("out"), i % 50 == 0));
    accepted += ok;
  }
  BOOST_TEST_MESSAGE(accepted << " of 10000 specs were accepted");
  BOOST_TEST(accepted > 100);    // the mutations are small: many specs stay good
  BOOST_TEST(accepted < 9000);   // and many do not
}

BOOST_AUTO_TEST_SUITE_END()
