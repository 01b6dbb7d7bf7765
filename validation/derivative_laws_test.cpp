#include "validation/derivative_laws.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "operators/quantizer.hpp"
#include "operators/separable_operator.hpp"
#include "operators/tone_curve.hpp"

BOOST_AUTO_TEST_SUITE(derivative_laws)

using namespace lvtino;

namespace {

const Shape kDomain = {1, 2, 4, 6, 5};

enum class Defect {
  none,
  identity_jacobian,  ///< the identity in the place of the derivative, as the published code has it
  stale_point,        ///< the derivative at another point
  affine,             ///< the derivative carries the value along
  forgotten_adjoint,  ///< the adjoint forgets the slope of the curve
};

/// A gamma curve after a decimation, or one with a planted defect.
class Planted final : public ForwardModel {
 public:
  explicit Planted(Defect defect)
      : Planted(defect,
                std::make_shared<SeparableOperator>(
                    "decimation", kDomain, dense::kExact, average(4, 2, Tail::replicate),
                    AxisMap::identity(6), decimate(5, 1, Filter::bicubic, Boundary::reflect))) {}

 private:
  Planted(Defect defect, OperatorPtr a)
      : ForwardModel("planted", a->domain(), a->range(), a->placement()),
        defect_(defect),
        op_(a),
        exact_("gamma", a, gamma_curve(2.2)) {}
  Tensor do_apply(const Tensor& x) const override { return exact_.apply(x); }
  Tensor do_derivative(const Tensor& x, const Tensor& v) const override {
    if (defect_ == Defect::identity_jacobian) return op_->apply(v);
    if (defect_ == Defect::stale_point) return exact_.derivative(x + 0.001, v);
    if (defect_ == Defect::affine) return exact_.derivative(x, v) + exact_.apply(x) * 1e-3;
    return exact_.derivative(x, v);
  }
  Tensor do_adjoint_derivative(const Tensor& x, const Tensor& w) const override {
    return defect_ == Defect::forgotten_adjoint ? op_->adjoint(w) : exact_.adjoint_derivative(x, w);
  }

  Defect defect_;
  OperatorPtr op_;
  CurvedModel exact_;
};

std::vector<std::string> broken_laws(const ForwardModel& f) {
  std::vector<std::string> out;
  for (const LawReport& law :
       lvtino::derivative_laws(f, Rng(1).uniform(f.domain(), f.placement()), Rng(2)))
    if (!law.passed) out.push_back(law.law);
  return out;
}

bool breaks(Defect defect, const std::string& law) {
  const auto broken = broken_laws(Planted(defect));
  return std::find(broken.begin(), broken.end(), law) != broken.end();
}

}  // namespace

BOOST_AUTO_TEST_CASE(planted_defects_are_caught) {
  BOOST_TEST(broken_laws(Planted(Defect::none)).empty());
  BOOST_TEST(breaks(Defect::identity_jacobian, "derivative by differences"));
  BOOST_TEST(breaks(Defect::identity_jacobian, "adjoint derivative"));
  BOOST_TEST(breaks(Defect::stale_point, "derivative by differences"));
  BOOST_TEST(breaks(Defect::stale_point, "adjoint derivative"));
  BOOST_TEST(breaks(Defect::affine, "linear derivative"));
  BOOST_TEST(breaks(Defect::affine, "derivative by differences"));
  BOOST_TEST(breaks(Defect::forgotten_adjoint, "adjoint derivative"));
}

// Where everything is saturated the derivative is zero, and so are the differences.
BOOST_AUTO_TEST_CASE(a_derivative_of_zero_passes) {
  const auto a =
      std::make_shared<SeparableOperator>("identity", kDomain, dense::kExact, AxisMap::identity(4),
                                          AxisMap::identity(6), AxisMap::identity(5));
  const CurvedModel f("clipping", a, clipping_curve());
  for (const LawReport& law :
       lvtino::derivative_laws(f, at::full(kDomain, 2.0, at::kDouble), Rng(2)))
    BOOST_TEST((law.passed && law.residual == 0), law.law);
}

BOOST_AUTO_TEST_CASE(differences_need_float64) {
  const auto a =
      std::make_shared<SeparableOperator>("identity", kDomain, Placement{}, AxisMap::identity(4),
                                          AxisMap::identity(6), AxisMap::identity(5));
  const CurvedModel f("gamma", a, gamma_curve(2.2));
  BOOST_CHECK_THROW(derivative_by_differences(f, Rng(1).uniform(kDomain, Placement{}), Rng(2)),
                    PlacementError);
}

BOOST_AUTO_TEST_SUITE_END()
