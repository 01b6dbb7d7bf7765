#include "priors/nn/fused.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <limits>

#include "lvtino/core/parallel.hpp"
#include "lvtino/core/rng.hpp"
#include "priors/nn/rotary_embedding.hpp"
#include "priors/nn/short_numbers.hpp"

// The kernels against the plain path in float64, on the same numbers.
BOOST_AUTO_TEST_SUITE(fused)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

using Function = std::function<Tensor(const std::vector<Tensor>&)>;
constexpr at::ScalarType kTypes[] = {at::kFloat, at::kBFloat16, at::kHalf};

// Half a unit in the last place, relative.
double rounding_of(at::ScalarType dtype) {
  return dtype == at::kFloat ? 0x1p-24 : dtype == at::kBFloat16 ? 0x1p-8 : 0x1p-11;
}

Tensor drawn(std::uint64_t seed, const Shape& shape, double scale = 1, double mean = 0) {
  return Rng(seed).normal(shape, {at::kDouble}) * scale + mean;
}

// Function of `arguments` in `dtype`, fast, against the same in float64, plain. Of each number:
// the rounding of the result and float32's arithmetic at the size of the largest.
void compare(const std::string& name, const Function& function,
             const std::vector<Tensor>& arguments, double arithmetic = 2e-6) {
  const c10::InferenceMode inference;
  for (const at::ScalarType dtype : kTypes) {
    std::vector<Tensor> given, exact;
    for (const Tensor& x : arguments) {
      const bool rounds = x.is_floating_point();
      given.push_back(rounds ? x.to(dtype) : x.to(at::kComplexFloat));
      exact.push_back(rounds ? given.back().to(at::kDouble) : x);
    }
    const FastPath fast(true);
    const Tensor expected = function(exact), got = function(given);
    BOOST_TEST_REQUIRE((got.scalar_type() == dtype && got.sizes() == expected.sizes()));
    const Tensor bound =
        expected.abs() * (1.01 * rounding_of(dtype)) + arithmetic * expected.abs().max();
    const double worst = ((got.to(at::kDouble) - expected).abs() / bound).max().item<double>();
    BOOST_TEST_CONTEXT(name << " " << to_string(shape_of(arguments[0])) << " " << toString(dtype))
    BOOST_TEST(worst <= 1);
  }
}

// The same bits for any number of threads.
void compare_threads(const std::string& name, const std::function<Tensor()>& function) {
  const int before = thread_count();
  set_thread_count(1);
  const Tensor one = function();
  for (const int threads : {2, 3}) {
    set_thread_count(threads);
    BOOST_TEST_CONTEXT(name << ", " << threads << " threads")
    BOOST_TEST(at::equal(function(), one));
  }
  set_thread_count(before);
}

Tensor channels_last(const Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

Tensor frames_with_channels_last(const Tensor& x) {
  return x.permute({0, 1, 3, 4, 2}).contiguous().permute({0, 1, 4, 2, 3});
}

}  // namespace

BOOST_AUTO_TEST_CASE(modulated_norm_is_the_plain_one) {
  const Function norm = [](const auto& a) { return modulated_norm(a[0], a[1], a[2], 1e-6); };
  for (const Shape& s : std::vector<Shape>{{1, 1, 3}, {2, 5, 31}, {3, 7, 64}, {1, 19, 1536}}) {
    compare("batch", norm,
            {drawn(1, s, 2, 0.5), drawn(2, {s[0], s[2]}), drawn(3, {s[0], s[2]}, 0.3)});
    compare("shared", norm, {drawn(1, s, 2, -3), drawn(2, {1, s[2]}), drawn(3, {1, s[2]}, 0.3)});
  }
  // Numbers so small that epsilon counts.
  compare("small", norm, {drawn(1, {1, 3, 40}, 1e-3), drawn(2, {1, 40}), drawn(3, {1, 40}, 0.3)});
  // Views into one array, as the networks hand them over.
  compare("views",
          [](const auto& a) {
            return modulated_norm(a[0], a[1].select(1, 3), a[1].select(1, 4), 1e-6);
          },
          {drawn(5, {2, 4, 33}), drawn(4, {2, 6, 33})});
}

BOOST_AUTO_TEST_CASE(rms_normed_is_the_plain_one) {
  const Function norm = [](const auto& a) { return rms_normed(a[0], a[1], 1e-6); };
  for (const Shape& s : std::vector<Shape>{{1, 1, 1}, {2, 5, 31}, {1, 300, 96}})
    compare("rms", norm, {drawn(1, s, 3), drawn(2, {s[2]}, 0.3, 1)});
  compare("small", norm, {drawn(1, {1, 3, 40}, 1e-3), drawn(2, {40}, 0.3, 1)});
  const Function turned = [](const auto& a) { return rms_normed(a[0], a[1], 1e-6, a[2]); };
  for (const std::int64_t head : {6, 10, 128})
    for (const std::int64_t heads : {1, 3})
      compare("turned", turned,
              {drawn(3, {2, 3 * 2 * 5, head * heads}), drawn(4, {head * heads}, 0.3, 1),
               rotary_table({3, 2, 5}, head, at::kCPU)});
}

BOOST_AUTO_TEST_CASE(rms_normed_works_in_memory_that_is_moved_in_and_no_other) {
  const c10::InferenceMode inference;
  const FastPath fast(true);
  const Tensor weight = at::ones({8}), x = drawn(1, {1, 3, 8}).to(at::kFloat), before = x.clone();
  BOOST_TEST(!at::equal(rms_normed(x, weight, 1e-6), before));
  BOOST_TEST(at::equal(x, before));
  Tensor given = x.clone();
  const void* const memory = given.const_data_ptr();
  BOOST_TEST(rms_normed(std::move(given), weight, 1e-6).const_data_ptr() == memory);
}

BOOST_AUTO_TEST_CASE(gated_sum_is_the_plain_one) {
  const Function sum = [](const auto& a) { return gated_sum(a[0], a[1], a[2].clone()); };
  for (const Shape& s : std::vector<Shape>{{1, 1, 1}, {2, 5, 31}, {3, 40, 96}}) {
    compare("batch", sum, {drawn(1, s), drawn(2, {s[0], s[2]}), drawn(3, s)});
    compare("shared", sum, {drawn(1, s), drawn(2, {1, s[2]}), drawn(3, s)});
  }
}

BOOST_AUTO_TEST_CASE(geglu_is_the_plain_one) {
  const Function gate = [](const auto& a) { return geglu(a[0].clone()); };
  for (const Shape& s : std::vector<Shape>{{1, 1, 2}, {2, 5, 62}, {1, 70, 640}})
    compare("geglu", gate, {drawn(1, s, 2)});
  // Along the curve itself, far ends included.
  const Tensor b = at::linspace(-12, 12, 4001, at::kDouble).unsqueeze(1);
  compare("curve", gate, {at::cat({at::ones_like(b), b}, 1)}, 1e-7);
}

BOOST_AUTO_TEST_CASE(group_normed_is_the_plain_one) {
  for (const bool with_silu : {false, true})
    for (const auto& [shape, groups] :
         std::vector<std::pair<Shape, std::int64_t>>{{{1, 1, 1, 2}, 1},
                                                     {{2, 6, 3, 5}, 3},
                                                     {{3, 32, 9, 7}, 8},
                                                     {{1, 20, 41, 43}, 4},
                                                     {{2, 8, 70, 70}, 1}}) {
      const Function norm = [&, groups = groups](const auto& a) {
        return group_normed(a[0], groups, a[1], a[2], 1e-5, with_silu);
      };
      const Function last = [&](const auto& a) {
        const Tensor y = norm({channels_last(a[0]), a[1], a[2]});
        BOOST_TEST(y.is_contiguous(at::MemoryFormat::ChannelsLast));
        return y;
      };
      const std::vector<Tensor> given = {drawn(1, shape, 2, 1), drawn(2, {shape[1]}, 0.3, 1),
                                         drawn(3, {shape[1]})};
      compare("channels first", norm, given);
      compare("channels last", last, given);
    }
  // A mean far from zero does not spoil the deviations (the sums are of differences).
  compare(
      "far mean", [](const auto& a) { return group_normed(a[0], 2, a[1], a[2], 1e-5, false); },
      {drawn(1, {2, 4, 30, 40}, 1, 300), at::ones({4}, at::kDouble), at::zeros({4}, at::kDouble)},
      1e-4);
}

BOOST_AUTO_TEST_CASE(channel_normed_is_the_plain_one) {
  for (const bool with_silu : {false, true})
    for (const Shape& s : std::vector<Shape>{{1, 1, 3, 2, 2}, {2, 3, 17, 5, 4}, {1, 2, 96, 8, 9}})
      compare("channel norm",
              [&](const auto& a) {
                return channel_normed(frames_with_channels_last(a[0]), a[1], with_silu);
              },
              {drawn(1, s, 2), drawn(2, {s[2], 1, 1}, 0.3, 1)});
  // A pixel of zeros stays one.
  const c10::InferenceMode inference;
  const Tensor zeros = frames_with_channels_last(at::zeros({1, 1, 5, 2, 2}));
  BOOST_TEST(at::equal(channel_normed(zeros, at::ones({5, 1, 1}), false), zeros));
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  const c10::InferenceMode inference;
  const FastPath fast(true);
  const Tensor x = drawn(1, {2, 300, 192}).to(at::kBFloat16),
               v = drawn(2, {1, 192}).to(at::kBFloat16);
  const Tensor images = drawn(3, {3, 32, 50, 60}).to(at::kFloat), gain = at::ones({32});
  compare_threads("modulated", [&] { return modulated_norm(x, v, v, 1e-6); });
  compare_threads("rms", [&] { return rms_normed(x, v[0], 1e-6); });
  compare_threads("gated", [&] { return gated_sum(x, v, x.clone()); });
  compare_threads("geglu", [&] { return geglu(x.clone()); });
  compare_threads("groups", [&] { return group_normed(images, 8, gain, gain, 1e-5, true); });
  compare_threads("groups, channels last",
                  [&] { return group_normed(channels_last(images), 8, gain, gain, 1e-5, true); });
}

BOOST_AUTO_TEST_CASE(the_plain_path_is_taken_where_it_is_asked_for) {
  const c10::InferenceMode inference;
  const Tensor x = drawn(1, {1, 7, 40}).to(at::kBFloat16), v = drawn(2, {1, 40}).to(at::kBFloat16);
  const auto both = [&](bool is) {
    const FastPath path(is);
    BOOST_TEST(is_fast() == is);
    return modulated_norm(x, v, v, 1e-6);
  };
  // It rounds three times, the kernel once.
  BOOST_TEST(!at::equal(both(true), both(false)));
  const Tensor plain = at::layer_norm(x, {40}, {}, {}, 1e-6).mul_(1 + v).add_(v);
  BOOST_TEST(at::equal(both(false), plain));
}

BOOST_AUTO_TEST_CASE(short_numbers_round_as_the_library_does) {
  // Every float16 and bfloat16, what lies between two of them, and what is beyond the largest.
  const Tensor bits = at::arange(0, 1 << 16, at::kInt).to(at::kShort);
  for (const at::ScalarType dtype : {at::kHalf, at::kBFloat16}) {
    const Tensor wide = bits.view(dtype).to(at::kFloat);
    const Tensor numbers = at::cat(
        {wide, wide * 1.0002f, wide * 0.99981f, wide * (1 + 0x1p-9f), wide * (1 + 0x1p-12f)});
    const Tensor expected = numbers.to(dtype).view(at::kShort);
    const float* const x = numbers.const_data_ptr<float>();
    const Tensor widened = numbers.to(dtype).to(at::kFloat);
    const float* const again = widened.const_data_ptr<float>();
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < numbers.numel(); ++i) {
      std::uint16_t got = 0;
      float back = 0;
      const auto convert = [&](auto number) {
        kernels::narrow(x[i], number);
        got = number.bits;
        back = kernels::widened(number);
      };
      if (dtype == at::kHalf)
        convert(kernels::Float16{});
      else
        convert(kernels::BFloat16{});
      const auto want = std::uint16_t(expected.const_data_ptr<std::int16_t>()[i]);
      wrong += std::isnan(x[i]) ? !std::isnan(back) : got != want || back != again[i];
    }
    BOOST_TEST_CONTEXT(toString(dtype)) BOOST_TEST(wrong == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
