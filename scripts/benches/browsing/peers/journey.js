const { journey, step } = require('@elastic/synthetics');

journey('trials', ({ page }) => {
  for (let trial = 0; trial < Number(process.env.BENCH_TRIALS); trial++) {
    step(`open ${trial}`, async () => {
      await page.goto(`${process.env.BENCH_URL}/${trial}`);
    });
    step(`see ${trial}`, async () => {
      await page.getByRole('button', { name: '查询' }).click();
      await page.getByText('查询结果').waitFor();
    });
  }
});
