#include "priors/nn/ffdnet.hpp"

#include <boost/test/unit_test.hpp>

#include <c10/core/InferenceMode.h>

#include <cmath>
#include <cstring>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "torch_stream.hpp"

BOOST_AUTO_TEST_SUITE(ffdnet)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};

/// A small trained-looking network: convolution, convolution with batch norm, convolution.
std::vector<NamedTensor> small_network(std::int64_t channels = 3) {
  const Rng rng(1);
  const auto draw = [&](const char* name, const Shape& shape) {
    return rng.fork(name).normal(shape, {});
  };
  const std::int64_t n = 6;
  return {{"module.net.0.weight", draw("0", {n, 5 * channels, 3, 3}) * 0.2},
          {"module.net.2.weight", draw("2", {n, n, 3, 3}) * 0.3},
          {"module.net.3.weight", draw("3w", {n})},
          {"module.net.3.bias", draw("3b", {n})},
          {"module.net.3.running_mean", draw("3m", {n})},
          {"module.net.3.running_var", at::square(draw("3v", {n})) + 0.1},
          {"module.net.5.weight", draw("5", {4 * channels, n, 3, 3}) * 0.1},
          {"module.net.5.bias", draw("5b", {4 * channels}) * 0.1}};
}

/// The tensor of that name, in float64.
Tensor named(const std::vector<NamedTensor>& tensors, const std::string& ending) {
  for (const auto& [name, tensor] : tensors)
    if (name == "module.net." + ending) return tensor.to(at::kDouble).contiguous();
  return {};
}

/// A picture of C channels as nested loops see it.
struct Picture {
  std::int64_t channels, height, width;
  std::vector<double> values = std::vector<double>(std::size_t(channels * height * width));
  double& at(std::int64_t c, std::int64_t i, std::int64_t j) {
    return values[std::size_t((c * height + i) * width + j)];
  }
  /// 0 outside.
  double padded(std::int64_t c, std::int64_t i, std::int64_t j) {
    return i < 0 || j < 0 || i >= height || j >= width ? 0 : at(c, i, j);
  }
};

Picture convolved(Picture x, const Tensor& weight, const Tensor& bias) {
  Picture y{weight.size(0), x.height, x.width};
  const auto w = weight.accessor<double, 4>();
  for (std::int64_t o = 0; o < y.channels; ++o)
    for (std::int64_t i = 0; i < y.height; ++i)
      for (std::int64_t j = 0; j < y.width; ++j) {
        double sum = bias.defined() ? bias[o].item<double>() : 0;
        for (std::int64_t c = 0; c < x.channels; ++c)
          for (int di = 0; di < 3; ++di)
            for (int dj = 0; dj < 3; ++dj)
              sum += w[o][c][di][dj] * x.padded(c, i + di - 1, j + dj - 1);
        y.at(o, i, j) = sum;
      }
  return y;
}

void rectify(Picture& x) {
  for (double& value : x.values) value = std::max(value, 0.0);
}

/// The small network written out, batch norm as it stands in the definition.
Picture by_loops(const std::vector<NamedTensor>& net, Picture image, double sigma) {
  const std::int64_t c_count = image.channels;
  Picture even{c_count, image.height + image.height % 2, image.width + image.width % 2};
  for (std::int64_t c = 0; c < c_count; ++c)
    for (std::int64_t i = 0; i < even.height; ++i)
      for (std::int64_t j = 0; j < even.width; ++j)
        even.at(c, i, j) =
            image.at(c, i < image.height ? i : std::max<std::int64_t>(image.height - 2, 0),
                     j < image.width ? j : std::max<std::int64_t>(image.width - 2, 0));
  Picture x{5 * c_count, even.height / 2, even.width / 2};
  for (std::int64_t c = 0; c < 5 * c_count; ++c)
    for (std::int64_t i = 0; i < x.height; ++i)
      for (std::int64_t j = 0; j < x.width; ++j) {
        const std::int64_t from = c - c_count;
        x.at(c, i, j) =
            from < 0 ? sigma : even.at(from / 4, 2 * i + from % 4 / 2, 2 * j + from % 2);
      }
  x = convolved(x, named(net, "0.weight"), {});
  rectify(x);
  x = convolved(x, named(net, "2.weight"), {});
  for (std::int64_t c = 0; c < x.channels; ++c)
    for (std::int64_t k = 0; k < x.height * x.width; ++k) {
      double& value = x.values[std::size_t(c * x.height * x.width + k)];
      value = (value - named(net, "3.running_mean")[c].item<double>()) /
                  std::sqrt(named(net, "3.running_var")[c].item<double>() + 1e-5) *
                  named(net, "3.weight")[c].item<double>() +
              named(net, "3.bias")[c].item<double>();
    }
  rectify(x);
  x = convolved(x, named(net, "5.weight"), named(net, "5.bias"));
  for (std::int64_t c = 0; c < c_count; ++c)
    for (std::int64_t i = 0; i < image.height; ++i)
      for (std::int64_t j = 0; j < image.width; ++j)
        image.at(c, i, j) -= x.at(4 * c + 2 * (i % 2) + j % 2, i / 2, j / 2);
  return image;
}

double relative(const Tensor& a, const Tensor& b) {
  return std::sqrt(squared_distance(a, b)) / l2_norm(b);
}

std::string refusal(const std::vector<NamedTensor>& tensors) {
  try {
    Ffdnet::from_tensors(tensors, "file.pth");
  } catch (const IoError& failure) {
    return failure.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(plain_loops_say_the_same) {
  for (const std::int64_t channels : {3, 1})
    for (const auto& [height, width] : {std::pair{6, 8}, {5, 7}, {1, 4}, {3, 1}}) {
      const auto tensors = small_network(channels);
      const Ffdnet net = Ffdnet::from_tensors(
          parse_torch_legacy(torch_stream::file(tensors), "file.pth"), "file.pth");
      BOOST_TEST(net.channels() == channels);
      BOOST_TEST(net.layers().size() == 3u);
      const Tensor images = Rng(2).uniform({2, channels, height, width}, kExact);
      const Tensor clean = net.denoise(images, 0.2);
      for (int m = 0; m < 2; ++m) {
        Picture picture{channels, height, width};
        std::memcpy(picture.values.data(), images[m].contiguous().const_data_ptr<double>(),
                    picture.values.size() * sizeof(double));
        const Picture expected = by_loops(tensors, picture, 0.2);
        const Tensor loops =
            at::tensor(expected.values, at::kDouble).view({channels, height, width});
        BOOST_TEST(relative(clean[m].contiguous(), loops) < 1e-12, height << " x " << width);
        BOOST_TEST(relative(net.denoise(images, 0.21)[m].contiguous(), loops) > 1e-4);
      }
    }
}

BOOST_AUTO_TEST_CASE(float32_and_bfloat16) {
  const Ffdnet net = Ffdnet::random(3, 32, 5, Rng(3));
  const Tensor images = Rng(4).uniform({2, 3, 18, 22}, kExact);
  const Tensor exact = net.denoise(images, 0.1), noise = images - exact;
  BOOST_TEST(l2_norm(noise) > 1e-3 * l2_norm(images));
  const Tensor single = images.to(at::kFloat);
  const auto error = [&](const Tensor& clean) {  // against what the network takes away
    return std::sqrt(squared_distance(clean.to(at::kDouble), exact)) / l2_norm(noise);
  };
  BOOST_TEST(error(net.denoise(single, 0.1)) < 1e-5);
  BOOST_TEST(error(net.denoise(single, 0.1, at::kBFloat16)) < 0.03);
  BOOST_TEST(error(net.denoise(single, 0.1, at::kBFloat16)) >
             1e-5);  // or it was not computed in it
}

BOOST_AUTO_TEST_CASE(frames_and_threads_do_not_matter) {
  const Ffdnet net = Ffdnet::random(3, 96, 4, Rng(5));
  const Tensor images = Rng(6).uniform({3, 3, 34, 50}, {}),
               one = images.narrow(0, 1, 1).contiguous();
  const int threads = thread_count();
  for (const auto compute : {at::kFloat, at::kBFloat16}) {
    set_thread_count(1);
    const Tensor expected = net.denoise(images, 0.1, compute);
    set_thread_count(4);
    BOOST_TEST(at::equal(net.denoise(images, 0.1, compute), expected));
    BOOST_TEST(at::equal(net.denoise(one, 0.1, compute), expected.narrow(0, 1, 1)));
    BOOST_TEST(thread_count() == 4);
  }
  set_thread_count(threads);
}

// The programs run in inference mode, which is a state of the thread that sets it.
BOOST_AUTO_TEST_CASE(inference_mode_reaches_all_threads) {
  const Ffdnet net = Ffdnet::random(3, 8, 3, Rng(8));
  const Tensor images = Rng(9).uniform({4, 3, 6, 8}, {});
  const Tensor expected = net.denoise(images, 0.1);
  const int threads = thread_count();
  set_thread_count(4);
  {
    const c10::InferenceMode mode;
    BOOST_TEST(at::equal(net.denoise(images, 0.1), expected));
  }
  set_thread_count(threads);
}

BOOST_AUTO_TEST_CASE(what_is_no_ffdnet_is_refused) {
  const auto changed = [](std::size_t index, const std::string& name, const Tensor& tensor) {
    auto tensors = small_network();
    tensors[index] = {name, tensor};
    return refusal(tensors);
  };
  const auto has = [](const std::string& message, const char* part) {
    return message.find("file.pth") != message.npos && message.find(part) != message.npos;
  };
  BOOST_TEST(refusal(small_network()) == "");
  BOOST_TEST(has(refusal({}), "no tensors"));
  BOOST_TEST(
      has(changed(0, "module.net.0.weight", at::zeros({6, 13, 3, 3})), "5 (grey) or 15 (colour)"));
  BOOST_TEST(has(changed(1, "module.net.2.weight", at::zeros({6, 7, 3, 3})), "[any, 6, 3, 3]"));
  BOOST_TEST(has(changed(1, "module.net.2.weight", at::zeros({6, 6, 5, 5})), "[any, 6, 3, 3]"));
  BOOST_TEST(has(changed(6, "module.net.5.weight", at::zeros({11, 6, 3, 3})), "[12]"));
  BOOST_TEST(has(changed(2, "module.net.3.weight", at::zeros({5})), "module 3, weight"));
  BOOST_TEST(has(changed(5, "module.net.3.running_var", at::full({6}, -1.f)), "negative"));
  BOOST_TEST(has(changed(5, "module.net.3.other", at::zeros({6})), "no running_var"));
  BOOST_TEST(has(changed(2, "module.net.3.weight", at::full({6}, NAN)), "not finite"));
  BOOST_TEST(has(changed(2, "module.other.3.weight", at::zeros({6})), "module.other.3.weight"));
  BOOST_TEST(has(changed(2, "weight", at::zeros({6})), "numbered sequence"));
}

BOOST_AUTO_TEST_CASE(arguments) {
  const Ffdnet net = Ffdnet::random(3, 4, 2, Rng(7));
  const Tensor images = at::zeros({1, 3, 4, 4});
  BOOST_CHECK_NO_THROW(net.denoise(images, 0));
  BOOST_CHECK_NO_THROW(net.denoise(images, Ffdnet::kLargestSigma));
  for (const double sigma : {-0.1, 0.3, std::nan("")})
    BOOST_CHECK_THROW(net.denoise(images, sigma), NotSupportedError);
  BOOST_CHECK_THROW(net.denoise(at::zeros({1, 1, 4, 4}), 0.1), ShapeError);
  BOOST_CHECK_THROW(net.denoise(at::zeros({3, 4, 4}), 0.1), ShapeError);
  BOOST_CHECK_THROW(net.denoise(images.to(at::kHalf), 0.1), PlacementError);
}

BOOST_AUTO_TEST_SUITE_END()
