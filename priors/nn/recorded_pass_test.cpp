#include "priors/nn/recorded_pass.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "priors/nn/fused.hpp"

BOOST_AUTO_TEST_SUITE(recorded_pass)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

// A device on the processor: work is done when it is recorded, and again at every play. Like a
// device's, its plays see the arguments' memory of the recording alone.
class Repeating final : public DeviceRecorder {
 public:
  bool takes(at::Device device) const override { return taken && device.is_cpu(); }
  std::unique_ptr<Recording> record(at::Device, const std::function<void()>& work) const override {
    if (broken) throw DeviceError("no recording today");
    ++recordings;
    work();
    return std::make_unique<Again>(*this, work);
  }

  mutable int recordings = 0, plays = 0;
  bool taken = true, broken = false;

 private:
  class Again final : public Recording {
   public:
    Again(const Repeating& owner, std::function<void()> work)
        : owner_(owner), work_(std::move(work)) {}
    void play() const override { ++owner_.plays, work_(); }

   private:
    const Repeating& owner_;
    std::function<void()> work_;
  };
};

// The only recorder of this suite, set back at each use.
Repeating& fresh_recorder() {
  static Repeating recorder;
  recorder.recordings = recorder.plays = 0;
  recorder.taken = true, recorder.broken = false;
  use_device_recorder(recorder);
  return recorder;
}

Tensor drawn(std::uint64_t seed, const Shape& shape = {3, 4}) {
  return Rng(seed).normal(shape, {});
}

Tensor sum_and_product(const std::vector<Tensor>& a) { return a[0] * a[1] + a[0].sum(); }

struct Inference {
  c10::InferenceMode mode;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(plays_equal_plain_calls, Inference) {
  Repeating& recorder = fresh_recorder();
  const RecordedPass pass(sum_and_product, true);
  std::vector<Tensor> got, expected;
  for (std::uint64_t i = 0; i < 5; ++i) {
    const std::vector<Tensor> arguments = {drawn(2 * i), drawn(2 * i + 1)};
    got.push_back(pass(arguments));
    expected.push_back(sum_and_product(arguments));
  }
  // Compared at the end: no later call may have changed a result.
  for (std::size_t i = 0; i < got.size(); ++i) BOOST_TEST(at::equal(got[i], expected[i]));
  BOOST_TEST(recorder.recordings == 1);
  BOOST_TEST(recorder.plays == 4);
}

BOOST_FIXTURE_TEST_CASE(arguments_are_left_alone, Inference) {
  fresh_recorder();
  const RecordedPass pass(sum_and_product, true);
  const std::vector<Tensor> arguments = {drawn(1), drawn(2)};
  const Tensor first = arguments[0].clone();
  for (int i = 0; i < 3; ++i) pass(arguments);
  BOOST_TEST(at::equal(arguments[0], first));
}

// Each set of shapes, dtypes and orders in memory has a recording of its own, up to the limit.
BOOST_FIXTURE_TEST_CASE(other_arguments_are_recorded_apart, Inference) {
  Repeating& recorder = fresh_recorder();
  const RecordedPass pass([](const std::vector<Tensor>& a) { return a[0] * 2; }, true);
  const std::vector<Tensor> kinds = {drawn(1), drawn(2, {4, 3}), drawn(3, {4, 3}).t(),
                                     drawn(4).to(at::kDouble), drawn(5, {1, 1})};
  for (int round = 0; round < 3; ++round)
    for (const Tensor& x : kinds) {
      const Tensor y = pass({x});
      BOOST_TEST(at::equal(y, x * 2));
      BOOST_TEST((y.scalar_type() == x.scalar_type()));
    }
  BOOST_TEST(recorder.recordings == int(RecordedPass::kMostRecordings));
  BOOST_TEST(recorder.plays == 2 * int(RecordedPass::kMostRecordings));
}

BOOST_FIXTURE_TEST_CASE(computes_plainly_where_it_must, Inference) {
  Repeating& recorder = fresh_recorder();
  const RecordedPass off(sum_and_product, false), on(sum_and_product, true);
  const std::vector<Tensor> arguments = {drawn(1), drawn(2)};
  const auto thrice = [&](const RecordedPass& pass) {
    for (int i = 0; i < 3; ++i) BOOST_TEST(at::equal(pass(arguments), sum_and_product(arguments)));
  };
  thrice(off);
  recorder.taken = false;
  thrice(on);
  recorder.taken = true;
  {
    const FastPath plain(false);
    thrice(on);
  }
  BOOST_TEST(recorder.recordings == 0);
  thrice(on);
  BOOST_TEST(recorder.recordings == 1);
}

// A recording that fails says so, and the next call tries again.
BOOST_FIXTURE_TEST_CASE(a_failed_recording_leaves_nothing, Inference) {
  Repeating& recorder = fresh_recorder();
  const RecordedPass pass(sum_and_product, true);
  const std::vector<Tensor> arguments = {drawn(1), drawn(2)};
  pass(arguments);
  recorder.broken = true;
  BOOST_CHECK_THROW(pass(arguments), DeviceError);
  recorder.broken = false;
  for (int i = 0; i < 2; ++i) BOOST_TEST(at::equal(pass(arguments), sum_and_product(arguments)));
  BOOST_TEST(recorder.plays == 2);
}

BOOST_AUTO_TEST_CASE(gradients_are_not_recorded) {
  Repeating& recorder = fresh_recorder();
  const RecordedPass pass(sum_and_product, true);
  const Tensor x = drawn(1).set_requires_grad(true);
  for (int i = 0; i < 3; ++i) BOOST_TEST(pass({x, drawn(2)}).requires_grad());
  BOOST_TEST(recorder.recordings == 0);
}

BOOST_AUTO_TEST_SUITE_END()
