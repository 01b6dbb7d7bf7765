#include "validation/heavy_tailed_laws.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(heavy_tailed_laws)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};
const Shape kLatent = {96, 3, 3, 12, 14};

HeavyTailedLaw small_law(TailFamily family = TailFamily::generalized_gaussian, double shape = 0.7) {
  HeavyTailedLaw law{.mean = 0.3, .chroma = 0.4, .grid = {WaveletKind::daubechies4, 1, 2}};
  for (int time = 0; time <= 1; ++time)
    for (int space = 0; space <= 2; ++space)
      for (const bool diagonal : {false, true})
        law.bands.push_back({{time, space, diagonal},
                             0.1 + 0.2 * space + 0.3 * time + 0.1 * diagonal,
                             HeavyTail(family, shape)});
  return law;
}

/// The right model, or one with a planted defect.
class Planted final : public ConsistencyModel {
 public:
  enum class Defect { none, shape, deviation_of_one_band, noise, no_mean, linear, chroma };
  explicit Planted(Defect defect, const Shape& shape = kLatent)
      : ConsistencyModel(shape, kExact, rectified_flow(false)),
        defect_(defect),
        model_(shape, kExact, rectified_flow(false), with(defect)) {}

 private:
  static HeavyTailedLaw with(Defect defect) {
    HeavyTailedLaw law = small_law();
    if (defect == Defect::shape) law = small_law(TailFamily::generalized_gaussian, 1);
    if (defect == Defect::linear) law = small_law(TailFamily::generalized_gaussian, 2);
    if (defect == Defect::deviation_of_one_band) law.bands[9].deviation *= 1.3;
    if (defect == Defect::no_mean) law.mean = 0;
    if (defect == Defect::chroma) law.chroma = 0.5;
    return law;
  }
  Tensor do_origin(const Tensor& z_t, double t) const override {
    // Another time leaves more noise in, at the same signal.
    if (defect_ != Defect::noise) return model_.origin(z_t, t);
    return model_.origin(at::mul(z_t, (1000 - 1.05 * t) / (1000 - t)), 1.05 * t);
  }
  Defect defect_;
  HeavyTailedModel model_;
};

using Defect = Planted::Defect;
const std::vector<Defect> kDefects = {Defect::shape,  Defect::deviation_of_one_band,
                                      Defect::noise,  Defect::no_mean,
                                      Defect::linear, Defect::chroma};

HeavyTailedModel exact(const HeavyTailedLaw& law, const Shape& shape = kLatent,
                       const Placement& placement = kExact) {
  return HeavyTailedModel(shape, placement, rectified_flow(false), law);
}

void check(const LawReport& law, bool passes, int defect = 0) {
  BOOST_TEST(law.passed == passes, "defect " << defect << ", " << law.law << ": residual "
                                             << law.residual << ", bound " << law.bound << " ("
                                             << law.witness << ")");
}

}  // namespace

BOOST_AUTO_TEST_CASE(trajectories) {
  const Shape one = {1, 3, 3, 12, 14};
  const HeavyTailedModel law = exact(small_law(), one);
  const LawReport right =
      heavy_tailed_consistency("right", Planted(Defect::none, one), law, 200, 600, Rng(1));
  check(right, true);
  BOOST_TEST_MESSAGE("residual " << right.residual);
  for (const Defect defect : kDefects)
    check(heavy_tailed_consistency("planted", Planted(defect, one), law, 200, 600, Rng(1)), false,
          int(defect));
}

BOOST_AUTO_TEST_CASE(trajectories_of_other_laws) {
  const Shape one = {1, 1, 3, 12, 14};
  for (const auto& [family, shape] : {std::pair{TailFamily::student, 3.0},
                                      {TailFamily::generalized_gaussian, 1.0},
                                      {TailFamily::generalized_gaussian, 0.4},
                                      {TailFamily::generalized_gaussian, 2.0}}) {
    const HeavyTailedModel law = exact(small_law(family, shape), one);
    check(heavy_tailed_consistency("right", law, law, 300, 900, Rng(2)), true);
    const HeavyTailedModel single = exact(small_law(family, shape), one, {});
    check(heavy_tailed_consistency("float32", single, single, 300, 900, Rng(2)), true);
  }
}

BOOST_AUTO_TEST_CASE(invariance) {
  const HeavyTailedModel law = exact(small_law());
  for (const double t : {100.0, 500.0, 950.0})
    check(heavy_tailed_invariance("right", Planted(Defect::none), law, t, Rng(3)), true);
  for (const Defect defect : kDefects)
    check(heavy_tailed_invariance("planted", Planted(defect), law, 600, Rng(3)), false,
          int(defect));
  const HeavyTailedModel student = exact(small_law(TailFamily::student, 3));
  check(heavy_tailed_invariance("student", student, student, 600, Rng(4)), true);
  const HeavyTailedModel single = exact(small_law(), kLatent, {});
  check(heavy_tailed_invariance("float32", single, single, 600, Rng(5)), true);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const HeavyTailedModel law = exact(small_law());
  BOOST_CHECK_THROW(heavy_tailed_consistency("x", law, law, 0, 500, Rng(1)), NotSupportedError);
}

BOOST_AUTO_TEST_SUITE_END()
