#include "validation/composition_laws.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "operators/axis_maps.hpp"
#include "operators/composed_operator.hpp"
#include "operators/mask_operator.hpp"
#include "operators/separable_operator.hpp"

BOOST_AUTO_TEST_SUITE(composition_laws)

using namespace lvtino;

namespace {

const Shape kDomain = {2, 2, 4, 6, 6};

OperatorPtr blur_in_time(Boundary boundary = Boundary::replicate) {
  return std::make_shared<SeparableOperator>("blur", kDomain, dense::kExact,
                                             blur(4, {0.2, 0.5, 0.3}, boundary),
                                             AxisMap::identity(6), AxisMap::identity(6));
}

OperatorPtr mask() {
  return std::make_shared<MaskOperator>(kDomain, dense::kExact,
                                        random_mask(kDomain, dense::kExact, 0.5, true, Rng(3)));
}

OperatorPtr decimation() {
  return std::make_shared<SeparableOperator>("decimation", kDomain, dense::kExact,
                                             AxisMap::identity(4),
                                             decimate(6, 2, Filter::area, Boundary::reflect),
                                             decimate(6, 3, Filter::bicubic, Boundary::reflect));
}

/// Another operator's answers, spoilt on request.
class Planted final : public LinearOperator {
 public:
  enum class Defect { spoilt_apply, spoilt_adjoint };
  Planted(OperatorPtr exact, Defect defect)
      : LinearOperator("planted", exact->domain(), exact->range(), exact->placement()),
        exact_(std::move(exact)),
        defect_(defect) {}

 private:
  Tensor do_apply(const Tensor& x) const override {
    return defect_ == Defect::spoilt_apply ? exact_->apply(x) * (1 + 1e-9) : exact_->apply(x);
  }
  Tensor do_adjoint(const Tensor& y) const override {
    return defect_ == Defect::spoilt_adjoint ? exact_->adjoint(y) * (1 + 1e-9) : exact_->adjoint(y);
  }
  OperatorPtr exact_;
  Defect defect_;
};

/// Blurs the first time and sharpens nothing the second: its copies do not measure alike.
class Fickle final : public LinearOperator {
 public:
  explicit Fickle(OperatorPtr a)
      : LinearOperator("fickle", a->domain(), a->range(), a->placement()), a_(std::move(a)) {}

 private:
  Tensor do_apply(const Tensor& x) const override {
    return a_->apply(x) * (1 + 1e-6 * double(++calls_));
  }
  Tensor do_adjoint(const Tensor& y) const override { return a_->adjoint(y); }
  OperatorPtr a_;
  mutable int calls_ = 0;
};

using Defect = Planted::Defect;

}  // namespace

BOOST_AUTO_TEST_CASE(compositions) {
  const std::vector<OperatorPtr> stages = {blur_in_time(), mask(), decimation()};
  BOOST_TEST(composition(*compose(stages), stages, Rng(1)).passed);
  BOOST_TEST(composition(*compose({stages[0], stages[2]}), {stages[0], stages[2]}, Rng(1)).passed);
  BOOST_TEST(composition(*mask(), {mask()}, Rng(1)).passed);
  for (const Defect defect : {Defect::spoilt_apply, Defect::spoilt_adjoint})
    BOOST_TEST(!composition(Planted(compose(stages), defect), stages, Rng(1)).passed);
  // The order of the stages, another border rule, a stage left out.
  BOOST_TEST(
      !composition(*compose({mask(), blur_in_time()}), {blur_in_time(), mask()}, Rng(1)).passed);
  BOOST_TEST(!composition(*compose({blur_in_time(Boundary::circular), mask()}),
                          {blur_in_time(), mask()}, Rng(1))
                  .passed);
  BOOST_TEST(!composition(*compose(stages), {stages[0], stages[2]}, Rng(1)).passed);
}

BOOST_AUTO_TEST_CASE(associative_chains) {
  BOOST_TEST(associativity({blur_in_time(), mask(), decimation()}, Rng(1)).passed);
  BOOST_TEST(associativity({blur_in_time(), blur_in_time(), decimation()}, Rng(1)).passed);
  const auto fickle = std::make_shared<Fickle>(mask());
  BOOST_TEST(!associativity({blur_in_time(), fickle, decimation()}, Rng(1)).passed);
}

BOOST_AUTO_TEST_CASE(stacks) {
  BOOST_TEST(stacking(StackOperator({decimation(), mask(), blur_in_time()}), Rng(1)).passed);
  BOOST_TEST(stacking(StackOperator({mask()}), Rng(1)).passed);
  // A part that answers otherwise inside the stack than beside it.
  BOOST_TEST(
      !stacking(StackOperator({decimation(), std::make_shared<Fickle>(mask())}), Rng(1)).passed);
}

BOOST_AUTO_TEST_CASE(repeated_measurements) {
  for (const OperatorPtr& a : {decimation(), mask(), blur_in_time()})
    for (const double gamma : {1e-4, 1e-2})
      BOOST_TEST(repeated_measurement(a, 0.05, gamma, Rng(1)).passed, a->name());
  BOOST_TEST(
      !repeated_measurement(std::make_shared<Fickle>(decimation()), 0.05, 1e-2, Rng(1)).passed);
}

BOOST_AUTO_TEST_SUITE_END()
