#include "lvtino/core/compute_device.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(compute_device)

using namespace lvtino;

BOOST_AUTO_TEST_CASE(the_cpu_is_always_there) {
  BOOST_TEST(open_device("cpu").is_cpu());
  BOOST_CHECK_THROW(open_device("abacus"), NotSupportedError);
}

BOOST_AUTO_TEST_CASE(a_gpu_opens_or_says_why_not) {
  try {
    BOOST_TEST(open_device("cuda").is_cuda());
  } catch (const NotSupportedError& failure) {
    BOOST_TEST(std::string(failure.what()).find("device \"cuda\": ") == 0U);
  }
}

BOOST_AUTO_TEST_CASE(normal_numbers_are_a_function_of_the_seed) {
  const Tensor first = device_normal({1000}, {}, 7);
  BOOST_TEST(at::equal(device_normal({1000}, {}, 7), first));
  BOOST_TEST(!at::equal(device_normal({1000}, {}, 8), first));
  BOOST_TEST(std::abs(first.std().item<double>() - 1) < 0.1);
}

BOOST_AUTO_TEST_SUITE_END()
