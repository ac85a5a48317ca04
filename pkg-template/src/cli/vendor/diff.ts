export { createTwoFilesPatch } from "diff";
