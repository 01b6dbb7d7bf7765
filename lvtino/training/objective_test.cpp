#include "lvtino/training/objective.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(objective)

using namespace lvtino;
using namespace lvtino::training;

namespace {

nn::ConsistencyNetwork network(double scale) {
  nn::ConsistencyNetwork out{.config = {.widths = {4, 6}, .blocks = {1, 1}, .embedding = 8},
                             .range = {0.05, 1}};
  for (const auto& [name, shape] : nn::pyramid_shapes(out.config))
    out.parameters[name] = Rng(7).fork(name).normal(shape, {}).mul(scale);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(levels_are_geometric_and_end_at_zero) {
  const auto levels = distillation_levels({0.02, 2}, 3);
  BOOST_TEST(levels == (std::vector<double>{0, 0.02, 0.2, 2}),
             boost::test_tools::tolerance(1e-12) << boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(flow_steps_follow_the_equation) {
  // With F = 0, D(x; s) = c_skip x and the flow dx/ds = x s / (s^2 + d^2) has x = C sqrt(s^2 +
  // d^2).
  const auto still = network(0);
  const Tensor x = Rng(1).normal({2, 3, 8, 8}, {at::kDouble});
  double errors[2];
  for (int halved = 0; halved < 2; ++halved) {
    Tensor moved = x;
    const int steps = halved ? 8 : 4;
    for (int i = 0; i < steps; ++i)
      moved = flow_step(still, moved, {0.8 - 0.6 * i / steps}, {0.8 - 0.6 * (i + 1) / steps},
                        at::kFloat);
    const Tensor exact = x * std::sqrt((0.2 * 0.2 + 0.25) / (0.8 * 0.8 + 0.25));
    errors[halved] = l2_norm(moved - exact) / l2_norm(exact);
  }
  BOOST_TEST(errors[0] < 1e-2);
  BOOST_TEST(errors[0] / errors[1] > 3);  // second order: four times smaller
  BOOST_TEST(at::allclose(flow_step(still, x, {0.3}, {0}, at::kFloat),
                          still.denoise(x, 0.3, at::kFloat), 1e-10, 1e-12));
}

BOOST_AUTO_TEST_CASE(an_untrained_teacher_loss_is_known) {
  // F = 0 and data z = 0: D - z = c_skip sigma eps, so the mean of the loss is (c_skip sigma /
  // c_out)^2 = d^2 / (sigma^2 + d^2) averaged over ln sigma.
  const auto still = network(0);
  const Tensor z = at::zeros({4, 3, 32, 32});
  double sum = 0;
  constexpr int kDraws = 200;
  for (int i = 0; i < kDraws; ++i)
    sum += teacher_loss(still, {z, {Rng(2).fork("draw", i)}}, at::kFloat).item<double>();
  double expected = 0;
  for (int i = 0; i < 1000; ++i) {
    const double sigma = 0.05 * std::pow(20.0, (i + 0.5) / 1000);
    expected += 0.25 / (sigma * sigma + 0.25) / 1000;
  }
  BOOST_TEST(sum / kDraws == expected, boost::test_tools::tolerance(0.06));
}

BOOST_AUTO_TEST_CASE(gradients_reach_the_student_alone) {
  auto student = network(0.2), teacher = network(0.2);
  for (auto* each : {&student, &teacher})
    for (auto& [name, value] : each->parameters) value.set_requires_grad(true);
  const Tensor z = Rng(3).normal({3, 3, 8, 8}, {});
  const Tensor loss =
      student_loss(student, teacher, {z, {Rng(5)}}, distillation_levels({0.05, 1}, 4), at::kFloat);
  loss.backward();
  double sum = 0;
  for (const auto& [name, value] : student.parameters)
    if (value.grad().defined()) sum += l2_norm(value.grad());
  BOOST_TEST(sum > 0);
  for (const auto& [name, value] : teacher.parameters) BOOST_TEST(!value.grad().defined());
}

BOOST_AUTO_TEST_CASE(a_batch_is_its_clips_one_by_one) {
  const auto teacher = network(0.2), student = network(0.3);
  const auto levels = distillation_levels({0.05, 1}, 3);
  ExampleBatch batch{Rng(3).normal({6 * 2, 3, 8, 8}, {}), {}};
  double teacher_sum = 0, student_sum = 0;
  for (int i = 0; i < 6; ++i) {
    batch.rngs.push_back(Rng(11).fork("clip", i));
    const ExampleBatch one{batch.frames.narrow(0, 2 * i, 2), {batch.rngs.back()}};
    teacher_sum += teacher_loss(teacher, one, at::kFloat).item<double>();
    student_sum += student_loss(student, teacher, one, levels, at::kFloat).item<double>();
  }
  const auto tolerance = boost::test_tools::tolerance(1e-4);
  BOOST_TEST(teacher_loss(teacher, batch, at::kFloat).item<double>() == teacher_sum / 6, tolerance);
  BOOST_TEST(
      student_loss(student, teacher, batch, levels, at::kFloat).item<double>() == student_sum / 6,
      tolerance);
}

BOOST_AUTO_TEST_CASE(validation_measures_the_identity) {
  // F = 0 at tiny noise is nearly the identity: PSNR of the noise itself, pixels in [0, 1].
  const std::vector<Tensor> clips = {at::zeros({4, 3, 32, 32})};
  const auto rows = validate(network(0), nullptr, clips, {0.05}, at::kFloat);
  const double noise = 0.05 * nn::skip_gain(0.05) / 2;
  BOOST_TEST(rows[0].psnr == -20 * std::log10(noise), boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_SUITE_END()
