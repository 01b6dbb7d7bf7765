#include "lvtino/core/philox.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(philox)

using namespace lvtino;
using Counter = std::array<std::uint32_t, 4>;

// The known answers that the authors publish with Random123 for philox4x32-10.
BOOST_AUTO_TEST_CASE(known_answers) {
  BOOST_TEST((philox4x32({0, 0, 0, 0}, {0, 0}) ==
              Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t all = 0xffffffff;
  BOOST_TEST((philox4x32({all, all, all, all}, {all, all}) ==
              Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  BOOST_TEST(
      (philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
       Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(every_input_bit_matters) {
  const Counter reference = philox4x32({1, 2, 3, 4}, {5, 6});
  for (int bit = 0; bit < 128; ++bit) {
    Counter counter = {1, 2, 3, 4};
    counter[std::size_t(bit / 32)] ^= 1u << (bit % 32);
    BOOST_TEST((philox4x32(counter, {5, 6}) != reference));
  }
  BOOST_TEST((philox4x32({1, 2, 3, 4}, {5, 7}) != reference));
  BOOST_TEST((philox4x32({1, 2, 3, 4}, {4, 6}) != reference));
}

BOOST_AUTO_TEST_SUITE_END()
