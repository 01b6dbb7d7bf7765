#include "lvtino/checkpoint.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"

BOOST_AUTO_TEST_SUITE(checkpoint)

using namespace lvtino;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / text("lvtino_checkpoint_test_", ::getpid())) {
    fs::remove_all(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path path() const { return path_; }
  CheckpointFolder of(const std::string& key) const { return {path_.string(), key}; }
  std::set<std::string> names() const {
    std::set<std::string> out;
    for (const auto& entry : fs::directory_iterator(path_))
      out.insert(entry.path().filename().string());
    return out;
  }

 private:
  fs::path path_;
};

Tensor field(const std::string& label, int step) {
  return Rng(7).fork(label, step).normal({1, 3, 2, 4, 5}, {});
}

Checkpoint sample(int step) {
  Checkpoint out;
  out.series.inside = {.next_step = step,
               .x = field("x", step),
               .dual = {.h = field("h", step), .v = field("v", step), .t = field("t", step)}};
  out.trace = {{.step = 0,
                .part = "video prior",
                .t = 700.0,
                .noise = 2.5,
                .residual = 31.0 / 7,
                .seconds = 0.125,
                .processor_seconds = 0.25},
               {.step = 0,
                .part = "joint prox",
                .residual = 1.0,
                .gap = 1e-5,
                .iterations = 40,
                .converged = false,
                .message = "stopped early"}};
  return out;
}

void check_equal(const Checkpoint& a, const Checkpoint& b) {
  BOOST_TEST(a.series.inside.next_step == b.series.inside.next_step);
  BOOST_TEST(at::equal(a.series.inside.x, b.series.inside.x));
  BOOST_TEST(at::equal(a.series.inside.dual.h, b.series.inside.dual.h));
  BOOST_TEST(at::equal(a.series.inside.dual.v, b.series.inside.dual.v));
  BOOST_TEST(at::equal(a.series.inside.dual.t, b.series.inside.dual.t));
  BOOST_REQUIRE(a.trace.size() == b.trace.size());
  for (std::size_t i = 0; i < a.trace.size(); ++i) {
    const TraceEntry &p = a.trace[i], &q = b.trace[i];
    BOOST_TEST(p.step == q.step);
    BOOST_TEST(p.part == q.part);
    BOOST_TEST((p.t == q.t));
    BOOST_TEST((p.noise == q.noise));
    BOOST_TEST((p.residual == q.residual));
    BOOST_TEST((p.gap == q.gap));
    BOOST_TEST((p.iterations == q.iterations));
    BOOST_TEST(p.converged == q.converged);
    BOOST_TEST(p.message == q.message);
    BOOST_TEST(p.processor_seconds == q.processor_seconds);
    BOOST_TEST(p.seconds == q.seconds);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_was_saved_is_loaded_bit_for_bit) {
  const Folder folder;
  const auto checkpoints = folder.of("key");
  BOOST_TEST(!checkpoints.load());  // nothing there, not even the folder
  checkpoints.save(sample(1));
  check_equal(checkpoints.load().value(), sample(1));
}

BOOST_AUTO_TEST_CASE(axes_without_dual_field_stay_so) {
  const Folder folder;
  Checkpoint saved = sample(1);
  saved.series.inside.dual = {};
  saved.series.inside.dual.t = field("t", 1).to(at::kDouble);
  folder.of("key").save(saved);
  const Checkpoint loaded = folder.of("key").load().value();
  BOOST_TEST(!loaded.series.inside.dual.h.defined());
  BOOST_TEST(!loaded.series.inside.dual.v.defined());
  BOOST_TEST(at::equal(loaded.series.inside.dual.t, saved.series.inside.dual.t));
  BOOST_TEST((loaded.series.inside.dual.t.scalar_type() == at::kDouble));
}

BOOST_AUTO_TEST_CASE(a_later_step_takes_the_place_of_the_one_before) {
  const Folder folder;
  folder.of("key").save(sample(1));
  folder.of("key").save(sample(2));
  check_equal(folder.of("key").load().value(), sample(2));
  BOOST_TEST((folder.names() == std::set<std::string>{"state.json", "x-2.npy", "dual_h-2.npy",
                                                      "dual_v-2.npy", "dual_t-2.npy"}));
}

BOOST_AUTO_TEST_CASE(a_series_comes_back) {
  const Folder folder;
  Checkpoint saved = sample(2);
  saved.series.sample = 3;
  saved.series.inside.output = field("output", 2);
  saved.series.first = field("first", 0);
  saved.series.moments = {.count = 3, .mean = field("mean", 0), .squares = field("squares", 0)};
  saved.trace[1].sample = 3;
  folder.of("key").save(saved);
  const Checkpoint loaded = folder.of("key").load().value();
  BOOST_TEST(loaded.series.sample == 3);
  BOOST_TEST(loaded.series.moments.count == 3);
  BOOST_TEST(loaded.trace[1].sample == 3);
  BOOST_TEST(at::equal(loaded.series.inside.output, saved.series.inside.output));
  BOOST_TEST(at::equal(loaded.series.first, saved.series.first));
  BOOST_TEST(at::equal(loaded.series.moments.mean, saved.series.moments.mean));
  BOOST_TEST(at::equal(loaded.series.moments.squares, saved.series.moments.squares));
  BOOST_TEST(at::equal(loaded.series.inside.x, saved.series.inside.x));
}

BOOST_AUTO_TEST_CASE(the_checkpoint_of_another_run_is_refused) {
  const Folder folder;
  folder.of("key").save(sample(1));
  BOOST_CHECK_THROW(folder.of("another").load(), SpecError);
}

// Stopped after the arrays of the first step, before state.json: there is no checkpoint yet.
BOOST_AUTO_TEST_CASE(arrays_without_state_count_for_nothing) {
  const Folder folder;
  folder.of("key").save(sample(1));
  fs::remove(folder.path() / "state.json");
  BOOST_TEST(!folder.of("key").load());
  folder.of("key").save(sample(2));
  BOOST_TEST(folder.names().size() == 5u);
}

// Stopped after the arrays of the second step, before its state.json: the first step still stands.
BOOST_AUTO_TEST_CASE(until_the_state_is_written_the_step_before_stands) {
  const Folder folder;
  folder.of("key").save(sample(1));
  const fs::path kept = folder.path().string() + "_kept";
  fs::copy(folder.path(), kept, fs::copy_options::recursive);
  folder.of("key").save(sample(2));
  fs::copy(kept, folder.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  fs::remove_all(kept);
  BOOST_TEST(folder.names().size() == 9u);
  check_equal(folder.of("key").load().value(), sample(1));
  folder.of("key").save(sample(2));  // the run goes on and cleans up
  BOOST_TEST(folder.names().size() == 5u);
}

BOOST_AUTO_TEST_CASE(damaged_files_are_reported) {
  const Folder folder;
  const auto damaged = [&](const char* name, const std::string& content) {
    folder.of("key").save(sample(1));
    write_file((folder.path() / name).string(), content);
    BOOST_CHECK_THROW(folder.of("key").load(), IoError);
  };
  const std::string array = [&] {
    folder.of("key").save(sample(1));
    return read_file((folder.path() / "x-1.npy").string());
  }();
  damaged("x-1.npy", array.substr(0, array.size() - 1));
  damaged("x-1.npy", "");
  damaged("dual_v-1.npy", "not an array");
  damaged("state.json", "");
  damaged("state.json", R"({"key": "key"})");
  damaged("state.json", R"({"key": "key", "next_step": "one", "arrays": {}, "trace": []})");
  damaged("state.json", R"({"key": "key", "next_step": 1, "arrays": {}, "trace": [{"step": 1}]})");
  damaged("state.json", R"({"key": "key", "next_step": 1, "arrays": {}, "trace": []})");  // no x
  folder.of("key").save(sample(1));
  fs::remove(folder.path() / "x-1.npy");
  BOOST_CHECK_THROW(folder.of("key").load(), IoError);
}

BOOST_AUTO_TEST_CASE(removing_leaves_nothing) {
  const Folder folder;
  folder.of("key").save(sample(1));
  folder.of("key").remove();
  BOOST_TEST(!fs::exists(folder.path()));
  folder.of("key").remove();  // and again: nothing happens
}

BOOST_AUTO_TEST_SUITE_END()
