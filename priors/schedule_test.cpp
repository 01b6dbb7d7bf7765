#include "priors/schedule.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <vector>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(schedule)

using namespace lvtino;

BOOST_AUTO_TEST_CASE(sdxl_table) {
  const auto vp = vp_scaled_linear();
  const std::vector<std::pair<double, double>> abar = {
      {0, 0.99915},       {63, 0.937588},     {124, 0.863407557}, {249, 0.675432414},
      {374, 0.466710245}, {499, 0.277669650}, {749, 0.056623492}, {999, 0.004660099}};
  for (const auto& [t, value] : abar)
    BOOST_TEST(std::abs(std::pow(vp->signal(t), 2) - value) < 1e-6, "at t = " << t);
  BOOST_TEST(vp->signal(-1) == 1.0);
  BOOST_TEST(vp->noise(-1) == 0.0);
  BOOST_TEST(vp->t_max() == 999.0);
}

BOOST_AUTO_TEST_CASE(log_linear_between_steps) {
  const auto vp = vp_scaled_linear();
  const double middle = vp->signal(124.5);
  BOOST_TEST(std::abs(middle * middle - vp->signal(124) * vp->signal(125)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(grid_of_the_video_networks) {
  const auto flow = rectified_flow();
  const std::vector<std::pair<double, double>> sigma = {
      {1000, 1},         {757, .756756757}, {522, .521739130}, {375, .375838926},
      {255, .254856255}, {125, .127886323}, {0, .007944389},   {250, .25}};
  for (const auto& [t, value] : sigma) {
    BOOST_TEST(std::abs(flow->noise(t) - value) < 1e-9, "at t = " << t);
    BOOST_TEST(std::abs(flow->signal(t) - (1 - value)) < 1e-9, "at t = " << t);
  }
  const auto exact = rectified_flow(false);
  BOOST_TEST(exact->noise(757) == 0.757);
  BOOST_TEST(exact->noise(0) == 0.0);
}

// The closed-form neighbour search against looking at every entry of the grid.
BOOST_AUTO_TEST_CASE(nearest_entry) {
  const auto flow = rectified_flow();
  for (double t = 0; t <= 1000; t += 0.37) {
    double best = 2;
    for (int i = 0; i < 1000; ++i) {
      const double s = 1 - i / 1000.0, sigma = 8 * s / (1 + 7 * s);
      if (std::abs(sigma - t / 1000) < std::abs(best - t / 1000)) best = sigma;
    }
    BOOST_TEST(std::abs(flow->noise(t) - best) < 1e-12, "at t = " << t);
  }
}

RC_BOOST_PROP(ratio_is_inverted, ()) {
  const auto which = *rc::gen::inRange(0, 2);
  const auto schedule = which ? vp_scaled_linear() : rectified_flow(false);
  const double ratio = std::exp(*rc::gen::inRange(-600, 250) / 100.0);
  const double t = schedule->t_of_ratio(ratio);
  RC_ASSERT(std::abs(schedule->noise(t) / schedule->signal(t) / ratio - 1) < 1e-9);
}

RC_BOOST_PROP(vp_preserves_variance, ()) {
  const auto vp = vp_scaled_linear();
  const double t = *rc::gen::inRange(-100, 99901) / 100.0;
  RC_ASSERT(std::abs(std::pow(vp->signal(t), 2) + std::pow(vp->noise(t), 2) - 1) < 1e-14);
}

RC_BOOST_PROP(ratio_grows_with_time, ()) {
  for (const auto& schedule : {vp_scaled_linear(), rectified_flow(false), rectified_flow()}) {
    const double t = *rc::gen::inRange(0, 9970) / 10.0;
    const double s = std::min(t + 1.5, schedule->t_max());
    RC_ASSERT(schedule->noise(s) * schedule->signal(t) >= schedule->noise(t) * schedule->signal(s));
  }
}

BOOST_AUTO_TEST_CASE(refusals) {
  for (const auto& schedule : {vp_scaled_linear(), rectified_flow()}) {
    BOOST_CHECK_THROW(schedule->signal(schedule->t_max() + 0.1), NotSupportedError);
    BOOST_CHECK_THROW(schedule->noise(schedule->t_min() - 0.1), NotSupportedError);
    BOOST_CHECK_THROW(schedule->noise(std::nan("")), NotSupportedError);
    BOOST_CHECK_THROW(schedule->t_of_ratio(-1), NotSupportedError);
    BOOST_CHECK_THROW(schedule->t_of_ratio(std::nan("")), NotSupportedError);
  }
  BOOST_CHECK_THROW(vp_scaled_linear()->t_of_ratio(20), NotSupportedError);
  BOOST_TEST(vp_scaled_linear()->t_of_ratio(0) == -1.0);
  BOOST_CHECK_THROW(vp_scaled_linear(0, .1), NotSupportedError);
  BOOST_CHECK_THROW(vp_scaled_linear(.1, 1), NotSupportedError);
  BOOST_CHECK_THROW(vp_scaled_linear(.1, .2, 0), NotSupportedError);
  BOOST_CHECK_THROW(rectified_flow(true, 0), NotSupportedError);
}

BOOST_AUTO_TEST_SUITE_END()
