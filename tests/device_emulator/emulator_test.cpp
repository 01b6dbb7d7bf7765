#include <boost/test/unit_test.hpp>

#include "lvtino/device/comparison.hpp"
#include "lvtino/device/launch.hpp"

// That the comparison of kernels with the CPU can fail: defects planted in kernels are seen.
BOOST_AUTO_TEST_SUITE(device_emulator)

using namespace lvtino;
using namespace lvtino::device;

namespace {

constexpr int kThreads = 8;

enum class Defect { none, no_barrier, early_end, wrong_neighbour, last_forgotten };

// Reverses each eight numbers through the memory of a block.
template <Defect defect>
__global__ void reverse(const double* in, std::int64_t count, double* out) {
  double* const shared = block_memory<double>();
  const int own = int(threadIdx.x);
  const std::int64_t first = std::int64_t(blockIdx.x) * kThreads;
  if (defect == Defect::early_end && first + own >= count) return;
  if (first + own < count) shared[own] = in[first + own];
  if (defect != Defect::no_barrier) __syncthreads();
  const std::int64_t length = count - first < kThreads ? count - first : kThreads;
  const std::int64_t end = defect == Defect::last_forgotten ? length - 1 : length;
  const std::int64_t from = length - 1 - own - (defect == Defect::wrong_neighbour ? 1 : 0);
  if (own < end) out[first + own] = shared[from < 0 ? 0 : from];
}

template <Defect defect>
bool agrees(std::int64_t count) {
  const Stream stream;
  const Tensor in = at::arange(1, count + 1, at::kDouble);
  Tensor expected = at::empty({count}, at::kDouble);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t first = i / kThreads * kThreads,
                       length = std::min<std::int64_t>(kThreads, count - first);
    expected.mutable_data_ptr<double>()[i] = double(first + length - (i - first));
  }
  const Buffer<double> from = on_device<double>(stream, in), to(count);
  launch("reverse", reverse<defect>, quotient_up(count, kThreads), dim3(kThreads), kThreads * 8,
         stream, static_cast<const double*>(from.data()), count, to.data());
  Comparison comparison("reverse", at::kDouble);
  comparison.add(on_host(stream, to, {count}), expected, "");
  return comparison.report().passed;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_right_kernel_agrees) {
  for (const std::int64_t count : {1, 7, 8, 9, 24, 29}) BOOST_TEST(agrees<Defect::none>(count));
}

BOOST_AUTO_TEST_CASE(planted_defects_are_caught) {
  BOOST_TEST(!agrees<Defect::no_barrier>(24));
  BOOST_TEST(!agrees<Defect::wrong_neighbour>(24));
  BOOST_TEST(!agrees<Defect::last_forgotten>(24));
  BOOST_CHECK_THROW(agrees<Defect::early_end>(29), DeviceError);
}

BOOST_AUTO_TEST_CASE(recorded_work_runs_when_it_is_launched) {
  const Stream stream;
  const std::vector<double> numbers{1, 2, 3};
  const Buffer<double> from(stream, numbers), to(3);
  const Graph graph(stream, [&] { stream.copy(to.data(), from.data(), to.bytes()); });
  BOOST_TEST(to.host(stream)[0] != 1);
  graph.launch(stream);
  BOOST_TEST(to.host(stream) == numbers, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_comparison_without_arrays_does_not_pass) {
  BOOST_TEST(!Comparison("nothing", at::kFloat).report().passed);
}

BOOST_AUTO_TEST_SUITE_END()
