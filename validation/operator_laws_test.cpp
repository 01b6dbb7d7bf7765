#include "validation/operator_laws.hpp"

#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

#include "drawn_operators.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "operators/mask_operator.hpp"
#include "operators/separable_operator.hpp"

BOOST_AUTO_TEST_SUITE(operator_laws)

using namespace lvtino;

namespace {

void require_laws(const DrawnOperator& drawn, at::ScalarType dtype) {
  const OperatorPtr a =
      operator_table().make(SpecReader(drawn.spec), drawn.domain, Placement{dtype, at::kCPU});
  for (const LawReport& law : lvtino::operator_laws(*a, Rng(drawn.seed)))
    if (!law.passed)
      RC_FAIL(text(law.subject, ": ", law.law, ": residual ", law.residual, ", bound ", law.bound,
                   " (", law.witness, "), spec ", drawn.spec.dump(), ", seed ", drawn.seed));
}

enum class Defect {
  none,
  affine,         ///< apply adds a constant
  clamped,        ///< apply clamps
  wrong_adjoint,  ///< the adjoint of another boundary rule
  shifted_pad,    ///< the adjoint of a padding that is one sample off
  spoilt_fusion,  ///< v + s A'y forgets s in place
  wrong_factors,  ///< factors of a slightly different operator
  short_norm,     ///< a largest factor that is too small
  long_norm,      ///< a largest factor that is too large
  bad_cutoff,     ///< factors that invert what they should drop
};

/// Factors with a planted defect around the right ones.
class PlantedFactors final : public GramFactors {
 public:
  PlantedFactors(Defect defect, std::shared_ptr<const GramFactors> exact)
      : GramFactors(exact->side(), exact->smallest(),
                    exact->largest() * (defect == Defect::short_norm  ? 0.98
                                        : defect == Defect::long_norm ? 1.05
                                                                      : 1)),
        defect_(defect),
        exact_(std::move(exact)) {}

  Tensor spectral(const std::function<double(double)>& f, const Tensor& r) const override {
    if (defect_ == Defect::wrong_factors)
      return exact_->spectral([&](double d) { return f(d * 1.001); }, r);
    // Small values are taken for larger ones: A A^+ is no projection any more.
    if (defect_ == Defect::bad_cutoff)
      return exact_->spectral([&](double d) { return f(d < 0.01 * largest() ? 0.5 * d : d); }, r);
    return exact_->spectral(f, r);
  }

 private:
  Defect defect_;
  std::shared_ptr<const GramFactors> exact_;
};

const Shape kDomain = {1, 2, 3, 6, 7};

/// A blur along the width, or one with a planted defect.
class Planted final : public LinearOperator {
 public:
  Planted(Defect defect, at::ScalarType dtype)
      : LinearOperator("planted", kDomain, kDomain, {dtype, at::kCPU}),
        defect_(defect),
        right_(along_width(blur(7, kTaps, Boundary::reflect), placement())),
        wrong_(along_width(
            defect == Defect::shifted_pad ? shifted() : blur(7, kTaps, Boundary::replicate),
            placement())) {}

  std::shared_ptr<const GramFactors> gram_factors() const override {
    return std::make_shared<PlantedFactors>(defect_, right_.gram_factors());
  }

 private:
  static inline const std::vector<double> kTaps = {0.1, 0.2, 0.4, 0.2, 0.1};

  static SeparableOperator along_width(AxisMap map, const Placement& placement) {
    return SeparableOperator("blur", kDomain, placement, AxisMap::identity(3), AxisMap::identity(6),
                             std::move(map));
  }
  // Reflection that repeats the end sample on the left: one sample off.
  static AxisMap shifted() {
    std::vector<std::vector<AxisMap::Entry>> rows{7};
    for (std::int64_t j = 0; j < 7; ++j)
      for (std::int64_t k = 0; k < 5; ++k) {
        const std::int64_t i = j + 2 - k;
        rows[std::size_t(j)].push_back(
            {i < 0 ? -i - 1 : source_index(i, 7, Boundary::reflect), kTaps[std::size_t(k)]});
      }
    return AxisMap(7, rows);
  }

  Tensor do_apply(const Tensor& x) const override {
    const Tensor y = right_.apply(x);
    if (defect_ == Defect::affine) return y + 0.01;
    return defect_ == Defect::clamped ? y.clamp(-0.5, 0.5) : y;
  }
  Tensor do_adjoint(const Tensor& y) const override {
    const bool spoilt = defect_ == Defect::wrong_adjoint || defect_ == Defect::shifted_pad;
    return (spoilt ? wrong_ : right_).adjoint(y);
  }
  void do_adjoint_add(const Tensor& v, double scale, const Tensor& y, Tensor& out) const override {
    const bool in_place = out.is_same(v);
    at::add_out(out, v, do_adjoint(y), defect_ == Defect::spoilt_fusion && in_place ? 1 : scale);
  }

  Defect defect_;
  SeparableOperator right_, wrong_;
};

/// The names of the laws that the planted operator breaks.
std::vector<std::string> broken_laws(Defect defect, at::ScalarType dtype) {
  std::vector<std::string> out;
  for (const LawReport& law : lvtino::operator_laws(Planted(defect, dtype), Rng(1)))
    if (!law.passed) out.push_back(law.law);
  return out;
}

bool is_broken(Defect defect, const std::string& law) {
  bool everywhere = true;
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    const auto broken = broken_laws(defect, dtype);
    everywhere = everywhere && std::find(broken.begin(), broken.end(), law) != broken.end();
  }
  return everywhere;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_operator_in_float64) {
  each_kind_of_operator([](const std::string& type, const std::string& boundary) {
    BOOST_TEST(rc::check(type + ", " + boundary + ", float64",
                         [&] { require_laws(draw_operator(type, boundary), at::kDouble); }));
  });
}

BOOST_AUTO_TEST_CASE(every_operator_in_float32) {
  each_kind_of_operator([](const std::string& type, const std::string& boundary) {
    BOOST_TEST(rc::check(type + ", " + boundary + ", float32",
                         [&] { require_laws(draw_operator(type, boundary), at::kFloat); }));
  });
}

BOOST_AUTO_TEST_CASE(the_sound_operator_breaks_nothing) {
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    BOOST_TEST(broken_laws(Defect::none, dtype).empty());
    BOOST_TEST(lvtino::operator_laws(Planted(Defect::none, dtype), Rng(1)).size() == 9u);
  }
}

BOOST_AUTO_TEST_CASE(planted_defects_are_caught) {
  BOOST_TEST(is_broken(Defect::affine, "linearity"));
  BOOST_TEST(is_broken(Defect::clamped, "linearity"));
  BOOST_TEST(is_broken(Defect::wrong_adjoint, "adjoint"));
  BOOST_TEST(is_broken(Defect::shifted_pad, "adjoint"));
  BOOST_TEST(is_broken(Defect::spoilt_fusion, "fused adjoint"));
  BOOST_TEST(is_broken(Defect::wrong_factors, "gram factors"));
  BOOST_TEST(is_broken(Defect::wrong_adjoint, "gram factors"));
  BOOST_TEST(is_broken(Defect::short_norm, "norm"));
  BOOST_TEST(is_broken(Defect::long_norm, "norm"));
  BOOST_TEST(is_broken(Defect::bad_cutoff, "Penrose 1: A A+ A = A"));
  BOOST_TEST(is_broken(Defect::bad_cutoff, "Penrose 2: A+ A A+ = A+"));
  BOOST_TEST(is_broken(Defect::wrong_adjoint, "Penrose 3: A A+ symmetric"));
  BOOST_TEST(is_broken(Defect::clamped, "Penrose 4: A+ A symmetric"));
}

// An operator without factors is judged by the laws that need none, a zero operator by those too.
BOOST_AUTO_TEST_CASE(laws_that_do_not_apply_are_left_out) {
  const MaskOperator none(kDomain, {at::kDouble, at::kCPU}, at::zeros({1}));
  const auto laws = lvtino::operator_laws(none, Rng(2));
  BOOST_TEST(laws.size() == 3u);
  for (const LawReport& law : laws) BOOST_TEST(law.passed, law.law);
}

BOOST_AUTO_TEST_CASE(witnesses_say_where) {
  const LawReport law = adjointness(Planted(Defect::wrong_adjoint, at::kFloat), Rng(3));
  BOOST_TEST(law.subject == "planted");
  BOOST_TEST(law.witness.find("[1, 2, 3, 6, 7]") != std::string::npos);
  BOOST_TEST(law.witness.find("float32") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
